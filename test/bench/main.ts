import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { STANDARD, writeDataset } from './dataset.js';
import { startHoldfast } from './holdfast.js';
import { race } from './measure.js';
import type { Timing } from './measure.js';
import { borg, restic, rsync, tarPipe, untarPipe, writeSshConfig } from './peers.js';
import type { Bench } from './peers.js';
import { killInMidTransfer } from './killed-worker.js';
import { extentRows } from './extents.js';
import { fanOut } from './fan-out.js';
import { fleetRows } from './fleet.js';
import { millionRows } from './million.js';
import { machineLine, timingTable } from './report.js';
import { snapshotRows } from './snapshots.js';

/** `npm run bench [-- --rounds 3 --only archive,mirror,restore,kill,million,fanout,fleet,extents,snapshots --directory DIR]`: the rows of the README, as Markdown on standard output. */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'archive,mirror,restore,kill,million,fanout,fleet,extents,snapshots' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const rounds = Number(values.rounds);
const wanted = new Set(values.only.split(','));

const directory = await mkdtemp(join(values.directory, 'holdfast-bench-'));
let host: LoopbackHost | undefined;
try {
  await mkdir(join(directory, 'sshd'), { mode: 0o700 });
  host = await startLoopbackHost({
    name: 'bench-host',
    directory: join(directory, 'sshd'),
    // restic writes to its repository over SFTP.
    sshdOptions: ['Subsystem sftp internal-sftp'],
  });
  const data = join(directory, 'data');
  await mkdir(data);
  if (['archive', 'mirror', 'restore', 'kill'].some((row) => wanted.has(row))) {
    process.stderr.write(`bench: writing ${STANDARD.files} files, ${STANDARD.totalBytes / 1e9} GB\n`);
    writeDataset(data);
  }
  const bench: Bench = { host, data, directory, sshConfig: await writeSshConfig(host, directory) };
  process.stdout.write(`${machineLine()}\n\n`);
  if (wanted.has('archive')) await archiveRows(bench);
  if (wanted.has('mirror')) await mirrorRows(bench);
  if (wanted.has('restore')) await restoreRow(bench);
  if (wanted.has('kill')) process.stdout.write(`${await killInMidTransfer(bench)}\n`);
  if (wanted.has('million')) process.stdout.write(`${await millionRows(bench, rounds)}\n`);
  if (wanted.has('extents')) process.stdout.write(`${await extentRows(bench, rounds)}\n`);
  if (wanted.has('fleet')) process.stdout.write(`${await fleetRows(directory, rounds)}\n`);
  if (wanted.has('snapshots')) process.stdout.write(`${await snapshotRows(bench)}\n`);
  if (wanted.has('fanout')) process.stdout.write(`${await fanOut(directory, rounds)}\n`);
} finally {
  await host?.stop();
  await rm(directory, { recursive: true, force: true });
}

function show(work: string, timings: readonly Timing[]): void {
  process.stdout.write(`${timingTable(work, timings)}\n`);
}

async function archiveRows(bench: Bench): Promise<void> {
  const holdfast = await startHoldfast(bench, 'archive');
  try {
    show(
      'archive, first backup',
      await race([holdfast.firstBackup(), tarPipe(bench), restic(bench, 'first'), borg(bench, 'first')], rounds),
    );
    show(
      'archive, nothing changed',
      await race([holdfast.nothingChanged(), restic(bench, 'again'), borg(bench, 'again')], rounds),
    );
  } finally {
    await holdfast.stop();
  }
}

async function mirrorRows(bench: Bench): Promise<void> {
  const holdfast = await startHoldfast(bench, 'mirror');
  try {
    show('mirror, full', await race([holdfast.firstBackup(), rsync(bench, 'first')], rounds));
    show('mirror, nothing changed', await race([holdfast.nothingChanged(), rsync(bench, 'again')], rounds));
  } finally {
    await holdfast.stop();
  }
}

async function restoreRow(bench: Bench): Promise<void> {
  const holdfast = await startHoldfast(bench, 'archive');
  try {
    const pipe = tarPipe(bench);
    await pipe.prepare?.(0);
    await pipe.run(0);
    await holdfast.freshBackup();
    show('restore', await race([holdfast.restore(), untarPipe(bench)], rounds));
  } finally {
    await holdfast.stop();
  }
}
