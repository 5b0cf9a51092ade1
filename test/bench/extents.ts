import { open, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { bytesText } from '../../src/client/output.js';
import type { Manifest } from '../../src/core/archive/manifest.js';
import { startHoldfast, type RunningHoldfast } from './holdfast.js';
import { race } from './measure.js';
import { tarPipe, untarPipe, type Bench } from './peers.js';
import { timingTable } from './report.js';

const GIB = 2 ** 30;
const FILE_BYTES = 4 * GIB;
const BLOCK_BYTES = 64 * 1024;

/** A file of 4 GiB in extents: time of a first backup and of a restore beside the plain pipes, and what is sent after a change of one percent. */
export async function extentRows(outer: Bench, rounds: number): Promise<string> {
  const bench: Bench = { ...outer, data: join(outer.directory, 'large') };
  await mkdir(bench.data);
  const file = join(bench.data, 'disk.img');
  await execa('dd', ['if=/dev/urandom', `of=${file}`, 'bs=4M', `count=${FILE_BYTES / 2 ** 22}`, 'status=none']);
  const holdfast = await startHoldfast(bench, 'archive');
  try {
    const first = await race([holdfast.firstBackup(), tarPipe(bench)], rounds);
    const restored = await race([holdfast.restore(), untarPipe(bench)], rounds);
    const lines = ['| Change | stored by the next backup |', '|---|---|'];
    for (const [what, change] of changes(file)) {
      // What was written in the two seconds before a scan is read again by the next one: here no scan follows so closely.
      await change();
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      lines.push(`| ${what} | ${await storedBy(holdfast)} |`);
    }
    return [
      timingTable('a file of 4 GiB, first backup', first),
      timingTable('a file of 4 GiB, restore', restored),
      '**a file of 4 GiB, changed**',
      '',
      ...lines,
      '',
    ].join('\n');
  } finally {
    await holdfast.stop();
    await rm(bench.data, { recursive: true });
  }
}

function changes(file: string): readonly (readonly [string, () => Promise<void>])[] {
  const blocks = Math.round(FILE_BYTES / 100 / BLOCK_BYTES);
  return [
    ['attributes only', async () => void (await execa('touch', ['--', file]))],
    [
      '1 % in one piece',
      () =>
        overwrite(
          file,
          Array.from({ length: blocks }, (_, at) => 17_000 + at),
        ),
    ],
    [
      '1 % in blocks of 64 KiB all over it',
      () =>
        overwrite(
          file,
          Array.from({ length: blocks }, (_, at) => at * 100),
        ),
    ],
    ['a sparse file of 3 GiB with 3 MiB of data beside it', () => makeSparse(`${file}.sparse`)],
  ];
}

async function overwrite(file: string, blocks: readonly number[]): Promise<void> {
  const noise = await open('/dev/urandom', 'r');
  const handle = await open(file, 'r+');
  try {
    const block = Buffer.alloc(BLOCK_BYTES);
    for (const number of blocks) {
      await noise.read(block, 0, BLOCK_BYTES);
      await handle.write(block, 0, BLOCK_BYTES, number * BLOCK_BYTES);
    }
  } finally {
    await handle.close();
    await noise.close();
  }
}

async function makeSparse(file: string): Promise<void> {
  await execa('truncate', ['-s', '3G', file]);
  await execa('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1M', 'count=3', 'seek=1000', 'conv=notrunc', 'status=none']);
}

async function storedBy(holdfast: RunningHoldfast): Promise<string> {
  const started = performance.now();
  await holdfast.runBackup();
  const seconds = (performance.now() - started) / 1000;
  const { extents } = await newestManifest(holdfast.destination);
  const bytes = (extents?.stored ?? []).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return `${extents?.stored.length ?? 0} extents, ${bytesText(bytes)}, in ${seconds.toFixed(1)} s`;
}

async function newestManifest(destination: string): Promise<Manifest> {
  const found = (await readdir(destination, { recursive: true })).filter((name) => name.endsWith('/manifest.json'));
  return JSON.parse(await readFile(join(destination, found.sort().at(-1) as string), 'utf8')) as Manifest;
}
