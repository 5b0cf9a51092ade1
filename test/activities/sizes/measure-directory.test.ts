import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActivityControl } from '../../../src/activities/activity-control.js';
import { measureDirectory } from '../../../src/activities/sizes/measure-directory.js';
import type { SizeFigures } from '../../../src/core/sizes/sizes.js';
import { LocalRunner } from '../../../src/providers/remote/local-runner.js';
import type { ScriptJob, ScriptRunner } from '../../../src/providers/remote/script-runner.js';
import { mountLoopFileSystem, type LoopFileSystem } from '../../support/loop-file-system.js';
import { providersWith } from '../../support/providers.js';
import { RandomTree } from '../../support/random-tree.js';
import { testControl } from '../mirror/fixture.js';

let directory: string;
const path = (name: string): string => join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-sizes-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Options {
  readonly limitMs?: number;
  readonly mayBeLink?: boolean;
  readonly control?: ActivityControl;
  readonly localRunner?: ScriptRunner;
}
const measure = (
  of: string,
  { limitMs = 60_000, mayBeLink = true, control = testControl(), localRunner = new LocalRunner() }: Options = {},
): Promise<SizeFigures | undefined> =>
  measureDirectory(providersWith({ localRunner }), control, { path: of, limitMs, mayBeLink });

const duOf = (of: string): number =>
  Number(execFileSync('du', ['--summarize', '--block-size=1', '--', of], { encoding: 'latin1' }).split('\t')[0]);

const isRunning = (commandLine: string): boolean =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1') === commandLine;
      } catch {
        return false;
      }
    });

/** Runs what comes before the script, first: stands for a tree that du needs long for, or that changes. */
const withBefore = (before: string): ScriptRunner => {
  const real = new LocalRunner();
  return { machine: real.machine, start: (job: ScriptJob) => real.start({ ...job, body: `${before}\n${job.body}` }) };
};

describe('a directory', () => {
  test('has the size that du sums up, with names of any bytes, hard links and holes', async () => {
    await mkdir(path('tree'));
    new RandomTree(path('tree'), 7).grow(100);
    await truncate(path('tree/hole'), 0).catch(() => writeFile(path('tree/hole'), 'x'));
    await truncate(path('tree/hole'), 2 ** 30);
    const found = await measure(path('tree'));
    expect(found).toEqual({ totalBytes: duOf(path('tree')), complete: true, remarks: [] });
    expect(found?.totalBytes).toBeLessThan(2 ** 30);
  });

  test('may be a link where a mirror may be one, not where a snapshot is expected', async () => {
    await symlink(path('tree'), path('link'));
    expect((await measure(path('link')))?.totalBytes).toBe(duOf(path('tree')));
    expect(await measure(path('link'), { mayBeLink: false })).toBeUndefined();
  });

  test('that is not there, is a file, or vanishes meanwhile has none', async () => {
    expect(await measure(path('nowhere'))).toBeUndefined();
    await writeFile(path('file'), 'x');
    expect(await measure(path('file'))).toBeUndefined();
    await mkdir(path('going/deep'), { recursive: true });
    expect(await measure(path('going'), { localRunner: withBefore(`rm -rf '${path('going')}'`) })).toBeUndefined();
  });

  test('that is not counted in time has what was counted, and says so', async () => {
    await mkdir(path('long/a'), { recursive: true });
    await writeFile(path('long/a/file'), Buffer.alloc(100_000, 1));
    // As du does on a large tree: records as they come, and no end.
    const slow = "du() { :; }; printf '4096\\tx\\0' ; printf '8192\\ty\\0'; exec sleep 60";
    const told: unknown[] = [];
    const control = testControl({ progress: (details) => told.push(details['bytes']) });
    const began = Date.now();
    const found = await measure(path('long'), { limitMs: 1_500, control, localRunner: withBefore(slow) });
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(found).toMatchObject({ totalBytes: 12_288, complete: false });
    expect(found?.remarks[0]).toContain('its time limit');
    expect(told.at(-1)).toBe(12_288);
  });

  test('whose measuring is cancelled is given up at once, with no process left', async () => {
    const stop = new AbortController();
    const running = measure(path('tree'), {
      control: testControl({ signal: stop.signal }),
      localRunner: withBefore('sleep 98.7654'),
    });
    setTimeout(() => stop.abort(), 200);
    await expect(running).rejects.toMatchObject({ type: 'Cancelled' });
    await expect.poll(() => isRunning('sleep\x0098.7654\0'), { timeout: 15_000 }).toBe(false);
  });

  test('that cannot be read in part is not complete', async () => {
    const complaining =
      "du() { :; }; printf '4096\\tx\\0'; echo \"du: cannot read directory 'x': Permission denied\" >&2; exit 1";
    const found = await measure(path('tree'), { localRunner: withBefore(complaining) });
    expect(found).toMatchObject({ totalBytes: 4_096, complete: false });
    expect(found?.remarks).toContain("du: cannot read directory 'x': Permission denied");
  });

  test('of which a directory is closed to the worker has the rest', async () => {
    await mkdir(path('half/closed'), { recursive: true });
    await writeFile(path('half/open'), Buffer.alloc(100_000, 1));
    await writeFile(path('half/closed/file'), Buffer.alloc(1_000_000, 1));
    await chmod(path('half/closed'), 0o700);
    await chmod(directory, 0o755);
    await mkdir(path('shim'));
    const asNobody = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/du "$@"';
    await writeFile(path('shim/du'), `#!/bin/sh\n${asNobody}\n`, { mode: 0o755 });
    const found = await measure(path('half'), { localRunner: withBefore(`PATH='${path('shim')}':$PATH`) });
    expect(found).toMatchObject({ complete: false });
    expect(found?.totalBytes).toBeGreaterThan(100_000);
    expect(found?.totalBytes).toBeLessThan(1_000_000);
    expect(found?.remarks.join()).toContain('Permission denied');
  });

  test('is not measured without du, and not by something else of that name', async () => {
    const without = withBefore('PATH=/nowhere');
    await expect(measure(path('tree'), { localRunner: without })).rejects.toMatchObject({ type: 'ToolMissing' });
    const other = withBefore("echo 'du: usage'; exit 0");
    await expect(measure(path('tree'), { localRunner: other })).rejects.toMatchObject({ type: 'InternalError' });
  });
});

describe('on BTRFS', () => {
  let volume: LoopFileSystem;
  beforeAll(async () => {
    volume = await mountLoopFileSystem('btrfs');
  });
  afterAll(() => volume.stop());

  test('a snapshot has what it shares and what is its own', async () => {
    const [mirror, snapshot] = [join(volume.mount, 'mirror'), join(volume.mount, 'snapshot')];
    const btrfs = (...words: string[]) => execFileSync('btrfs', words, { stdio: 'ignore' });
    btrfs('subvolume', 'create', mirror);
    for (const name of ['stays', 'goes', "it's\nodd"])
      await writeFile(join(mirror, name), Buffer.alloc(4 * 2 ** 20, name));
    btrfs('subvolume', 'snapshot', '-r', mirror, snapshot);
    await rm(join(mirror, 'goes'));
    await writeFile(join(mirror, 'new'), Buffer.alloc(2 ** 20, 7));
    execFileSync('sync', ['-f', volume.mount]);
    expect(await measure(mirror)).toMatchObject({
      exclusiveBytes: 2 ** 20,
      sharedBytes: 8 * 2 ** 20,
      complete: true,
      remarks: [],
    });
    const found = await measure(snapshot, { mayBeLink: false });
    expect(found).toMatchObject({ exclusiveBytes: 4 * 2 ** 20, sharedBytes: 8 * 2 ** 20, complete: true });
    expect(found?.totalBytes).toBe(duOf(snapshot));
  });

  test('without its program the size is known, and what is shared is not', async () => {
    const found = await measure(join(volume.mount, 'mirror'), {
      localRunner: withBefore('btrfs() { :; }; command() { [ "$2" != btrfs ] && [ "$2" != "\'btrfs\'" ]; }'),
    });
    expect(found).toMatchObject({ totalBytes: 9 * 2 ** 20, complete: true });
    expect(found).not.toHaveProperty('exclusiveBytes');
    expect(found?.remarks[0]).toContain('there is no btrfs');
  });
});
