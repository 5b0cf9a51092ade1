import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { mountLoopFileSystem } from '../support/loop-file-system.js';
import { writeDataset } from './dataset.js';
import { type HoldfastService, startService } from './holdfast.js';
import { median } from './measure.js';
import type { Bench } from './peers.js';
import { loginOf } from '../support/loopback-login.js';

const FILES = 22_000;
const BYTES = 220_000_000;
const KEPT = 100;
/** Beyond those that are kept: each of them makes an older one go. */
const MORE = 5;
const CHANGED_FILES = 20;
const GIB = 2 ** 30;

/**
 * A mirror on BTRFS (a loop device) with a hundred snapshots, twenty files changed between two of them: how long a run takes that makes one, and one that also
 * rotates, beside btrfs(8) by hand, and the most memory that the worker took. Each is a call of the command line, from call to exit.
 */
export async function snapshotRows(bench: Bench): Promise<string> {
  const data = join(bench.directory, 'snapshots-data');
  mkdirSync(data);
  writeDataset(data, { files: FILES, totalBytes: BYTES });
  const fileSystem = await mountLoopFileSystem('btrfs', 4 * GIB);
  let holdfast: HoldfastService | undefined;
  try {
    holdfast = await startService(fileSystem.mount, (destination) => configurationOf(bench, data, destination));
    return await measure(bench, data, holdfast);
  } finally {
    await holdfast?.stop();
    await fileSystem.stop();
  }
}

async function measure(bench: Bench, data: string, holdfast: HoldfastService): Promise<string> {
  await holdfast.run('backup');
  await writeFile(`/proc/${holdfast.pid()}/clear_refs`, '5');
  const seconds = await makeAll(bench, data, holdfast);
  const surplus = await timed(() => holdfast.run('snapshots', 'prune', `${bench.host.name}:data`));
  const listed = await timed(() => holdfast.run('snapshots', 'list'));
  const hostFolder = join(holdfast.destination, bench.host.name);
  const byHand = await handMade(hostFolder);
  const there = readdirSync(join(hostFolder, '.snapshots/data')).filter((name) => !name.endsWith('.json')).length;
  return [
    `**snapshots, a mirror of ${FILES} files on BTRFS, ${CHANGED_FILES} files changed between two**`,
    '',
    '| Work | median s | max s |',
    '|---|---|---|',
    row('a backup without a snapshot', seconds.backup),
    row(`\`snapshots create\`, the first ${KEPT}`, seconds.create),
    row('`btrfs subvolume snapshot -r` by hand', byHand.create),
    row('`btrfs subvolume delete` by hand', byHand.remove),
    row(`\`snapshots prune\` of those beyond ${KEPT}`, [surplus]),
    row(`\`snapshots list\` of ${there}`, [listed]),
    '',
    `${there} snapshots are there at the end. Most memory of the worker: ${Math.round(await peakMiB(holdfast.pid()))} MiB.`,
    '',
  ].join('\n');
}

async function makeAll(
  bench: Bench,
  data: string,
  holdfast: HoldfastService,
): Promise<{ readonly backup: readonly number[]; readonly create: readonly number[] }> {
  const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.dat'));
  const seconds = { backup: [] as number[], create: [] as number[] };
  for (let round = 0; round < KEPT + MORE; round += 1) {
    for (let number = 0; number < CHANGED_FILES; number += 1) {
      appendFileSync(join(data, files[(round * CHANGED_FILES + number) % files.length] as string), 'changed\n');
    }
    seconds.backup.push(await timed(() => holdfast.run('backup')));
    const create = () => holdfast.run('snapshots', 'create', `${bench.host.name}:data`, '--kind', 'hourly');
    const time = await timed(create);
    if (round < KEPT) seconds.create.push(time);
    process.stderr.write(`  snapshot ${round + 1}: ${time.toFixed(2)} s\n`);
  }
  return seconds;
}

async function handMade(directory: string): Promise<{ readonly create: number[]; readonly remove: number[] }> {
  const seconds = { create: [] as number[], remove: [] as number[] };
  for (let round = 0; round < 10; round += 1) {
    const [from, to] = [join(directory, 'data'), join(directory, `by-hand-${round}`)];
    seconds.create.push(await timed(() => execa('btrfs', ['subvolume', 'snapshot', '-r', from, to])));
    seconds.remove.push(await timed(() => execa('btrfs', ['subvolume', 'delete', to])));
  }
  return seconds;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const row = (work: string, seconds: readonly number[]): string =>
  `| ${work} | ${median(seconds).toFixed(2)} | ${Math.max(...seconds).toFixed(2)} |`;

/** VmHWM of proc(5). */
async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

function configurationOf({ host }: Bench, data: string, destination: string): string {
  const login = loginOf(host);
  return stringify({
    config: { backup_base: destination },
    hosts: { [host.name]: { ...login, paths: [{ path: data, dest_subdir: 'data' }] } },
    // One stretch of ten years: none is due by itself while this runs, but for the first.
    snapshots: { volume: destination, schedules: [{ type: 'hourly', count: KEPT, interval: '3650d' }] },
  });
}
