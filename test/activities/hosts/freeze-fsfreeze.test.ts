import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freezeNames } from '../../../src/activities/hosts/freeze-names.js';
import { freezeSource, thawSource } from '../../../src/activities/hosts/freeze-source.js';
import { startArchiveBench, type ArchiveBench } from '../../support/archive-bench.js';
import { mountLoopFileSystem, type LoopFileSystem } from '../../support/loop-file-system.js';
import { isAlive, processGone } from '../../support/script-runs.js';

const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const run = promisify(execFile);
const STATES = '/run/holdfast-freeze';

let bench: ArchiveBench;
beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(async () => {
  await bench.stop();
});

const inputFor = (path: string, maxMs = 60_000, runId = 'run-1') => ({
  host: bench.hostPlan(),
  source: bench.source({ path, freeze: { kind: 'fsfreeze', maxMs } }),
  run: { workflowId: 'host/web1', runId },
});
const freeze = (path: string, maxMs?: number, runId?: string) =>
  freezeSource(bench.providers, bench.control(), inputFor(path, maxMs, runId));
const thaw = (path: string, frozen = true) =>
  thawSource(bench.providers, bench.control(), { ...inputFor(path), frozen });
const states = async (): Promise<string[]> => {
  const { tag } = freezeNames(inputFor('/'));
  return (await readdir(STATES).catch(() => [])).filter((name) => name.startsWith(`fs-${tag}-`));
};
const watchdogOf = async (state: string): Promise<number> =>
  Number(await readFile(join(STATES, state, 'watchdog'), 'utf8'));

describe.each(['ext4', 'xfs'] as const)('fsfreeze on %s', (type) => {
  let disk: LoopFileSystem;
  const writers: Promise<unknown>[] = [];

  beforeAll(async () => {
    disk = await mountLoopFileSystem(type);
    await writeFile(join(disk.mount, 'file'), 'content');
  });
  afterEach(async () => {
    await thaw(disk.mount, false);
    await Promise.all(writers.splice(0));
  });
  afterAll(async () => {
    await disk.stop();
  });

  /** A process whose write waits for the thaw. */
  async function blockedWriter(name: string): Promise<{ readonly ended: Promise<unknown> }> {
    const writer = spawn('touch', [join(disk.mount, name)], { stdio: 'ignore' });
    const ended = once(writer, 'close').then(([code]) => code as unknown);
    writers.push(ended);
    const stateOf = async (): Promise<string> =>
      (await readFile(`/proc/${writer.pid}/stat`, 'utf8')).replace(/^.*\) (.).*$/s, '$1');
    while (writer.exitCode === null && (await stateOf()) !== 'D') await delay(10);
    expect(writer.exitCode).toBeNull();
    return { ended };
  }

  test('lets nobody write and everybody read until it is released', async () => {
    const { readPath, notIncluded } = await freeze(disk.mount);
    expect({ readPath, notIncluded }).toEqual({ readPath: disk.mount, notIncluded: { count: 0, first: [] } });
    const { ended } = await blockedWriter('late');
    expect(await readFile(join(disk.mount, 'file'), 'utf8')).toBe('content');
    const watchdog = await watchdogOf((await states())[0] as string);
    expect(await isAlive(watchdog)).toBe(true);
    expect(await thaw(disk.mount)).toEqual({ troubles: [] });
    expect(await ended).toBe(0);
    await processGone(watchdog);
    expect(await states()).toEqual([]);
  });

  test('the host thaws by itself at the time limit, though nobody comes back; that is told', async () => {
    await freeze(disk.mount, 1_000);
    const { ended } = await blockedWriter('patient');
    expect(await ended).toBe(0);
    expect((await thaw(disk.mount)).troubles).toEqual([containing('at its time limit')]);
    expect(await states()).toEqual([]);
  });

  test('the next freeze releases what a dead run left, and stands itself', async () => {
    await freeze(disk.mount, 60_000, 'dead');
    const watchdog = await watchdogOf((await states())[0] as string);
    await freeze(disk.mount);
    await processGone(watchdog);
    expect(await states()).toHaveLength(1);
    await blockedWriter('again');
  });

  test('that somebody else has thawed is told', async () => {
    await freeze(disk.mount);
    await run('fsfreeze', ['-u', disk.mount]);
    expect((await thaw(disk.mount)).troubles).toEqual([containing('somebody else thawed it')]);
  });

  test('that somebody else has frozen is refused with what fsfreeze says', async () => {
    await run('fsfreeze', ['-f', disk.mount]);
    try {
      await expect(freeze(disk.mount)).rejects.toMatchObject({
        type: 'FreezeFailed',
        message: containing('fsfreeze: '),
      });
    } finally {
      await run('fsfreeze', ['-u', disk.mount]);
    }
  });
});

test('a file system that the host cannot do without is never frozen', async () => {
  // The bench lies below /tmp.
  await expect(freeze(bench.tree)).rejects.toMatchObject({
    type: 'FreezeFailed',
    message: matching(/holds \/\S* too: nobody could log in to thaw it/),
  });
  await expect(freeze('/')).rejects.toMatchObject({ type: 'FreezeFailed' });
  expect(await states()).toEqual([]);
});
