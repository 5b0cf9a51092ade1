import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesText } from '../../src/client/output.js';
import { startHoldfast } from './holdfast.js';
import type { Bench } from './peers.js';

/**
 * Kills `holdfast up` with SIGKILL when about half of a first backup is stored, starts it again, and says how many bytes were
 * sent twice: what the destination took in both lives, beyond the shards of the finished backup.
 */
export async function killInMidTransfer(bench: Bench): Promise<string> {
  const undisturbed = await startHoldfast(bench, 'archive');
  await undisturbed.freshBackup();
  const whole = await storedShards(undisturbed.destination);
  const wholeBytes = sum(whole.values());
  await undisturbed.stop();

  const holdfast = await startHoldfast(bench, 'archive');
  await emptied(holdfast.destination);
  const run = holdfast.startBackup();
  await until(async () => sum((await storedShards(holdfast.destination)).values()) > wholeBytes / 2);
  await holdfast.killWorker();
  const before = new Map(await allFiles(holdfast.destination));
  await holdfast.up();
  await run;
  const committed = await storedShards(holdfast.destination);
  const reused = [...committed.keys()].filter((name) => before.has(name)).length;
  const lost = [...before].filter(([name]) => isShardData(name) && !committed.has(name));
  await holdfast.stop();
  return [
    '**kill -9 of server and worker in mid-transfer, then `holdfast up`**',
    '',
    `${committed.size} shards in the finished backup; ${reused} were stored before the kill and used again; sent again: ${bytesText(sum(lost.map(([, bytes]) => bytes)))} (${lost.length} in flight).`,
    '',
  ].join('\n');
}

const isShardData = (name: string): boolean => /shard-|\.tmp/.test(name) && !/plan-/.test(name);
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

async function emptied(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
}

async function storedShards(directory: string): Promise<Map<string, number>> {
  return new Map(
    (await allFiles(directory)).filter(([name]) => /\/shard-\d+[^/]*\.tar\.zst$/.test(name) && !name.includes('.tmp')),
  );
}

async function allFiles(directory: string): Promise<[string, number][]> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const sized: [string, number][] = [];
  for (const name of names) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found?.isFile()) sized.push([`/${name}`, found.size]);
  }
  return sized;
}

async function until(met: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!(await met())) {
    if (performance.now() > deadline) throw new Error('the backup never reached half of its bytes');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
