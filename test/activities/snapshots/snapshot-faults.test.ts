import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { beginReading } from '../../../src/activities/snapshots/snapshot-leases.js';
import type { SnapshotMirrorInput } from '../../../src/activities/contract.js';
import { writePin } from '../../../src/activities/snapshots/snapshot-pins.js';
import { randomNumbers } from '../../support/random-tree.js';
import { testControl } from '../mirror/fixture.js';
import { DAY_MS, NOON_MS, startSnapshotFixture, treeAt, type SnapshotFixture } from './fixture.js';

const ONE = { rules: [{ kind: 'daily', count: 1 }] };

/** Starts a worker of its own and kills it so long after it has begun; undefined: waits for its end. */
async function worker(input: SnapshotMirrorInput, killAfterMs?: number, uid = 0): Promise<number> {
  const program = fileURLToPath(new URL('step-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(uid === 0 ? {} : { uid, gid: uid }),
  });
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  const begun = Date.now();
  if (killAfterMs !== undefined) {
    await delay(killAfterMs);
    child.kill('SIGKILL');
  }
  await ended;
  return Date.now() - begun;
}

describe.each(['ext4', 'btrfs'] as const)('a worker killed at any moment, on %s,', (type) => {
  let fixture: SnapshotFixture;
  beforeAll(async () => {
    fixture = await startSnapshotFixture(type);
    for (let directory = 0; directory < 5; directory += 1) {
      const path = join(fixture.paths.mirror, `d${directory}`);
      await mkdir(path);
      for (let file = 0; file < 40; file += 1) await writeFile(join(path, `f${file}`), `${directory} ${file}`);
    }
  }, 60_000);
  afterAll(() => fixture.stop());

  test('leaves no half snapshot and never less than one whole one; the next run cleans up and goes on', async () => {
    const random = randomNumbers(42);
    const remembered = new Map<string, unknown>();
    const change = async (day: number): Promise<void> => {
      await writeFile(join(fixture.paths.mirror, 'd1/f1'), `day ${day}`);
      const { backupId } = await fixture.commit(NOON_MS + day * DAY_MS);
      remembered.set(`${backupId.slice(0, -2)}-daily`, await treeAt(fixture.paths.mirror));
    };
    await change(0);
    const takesMs = await worker(fixture.input({ snapshots: ONE }));
    for (let day = 1; day <= 4; day += 1) {
      await change(day);
      await worker(fixture.input({ snapshots: ONE }), random() * takesMs);

      const { snapshots, problems } = await fixture.read();
      expect(problems).toEqual([]);
      expect(snapshots.length).toBeGreaterThanOrEqual(1);
      for (const { name, state, directory } of snapshots) {
        expect(state).toBe('good');
        expect(await treeAt(directory), name).toEqual(remembered.get(name));
      }
      // What the killed worker had started ends with it, a moment later.
      await expect.poll(async () => (await fixture.step({ snapshots: ONE })).notes, { timeout: 10_000 }).toEqual([]);
      const after = await fixture.read();
      expect(after.leftovers).toEqual([]);
      expect(after.snapshots.map(({ name }) => name)).toEqual([[...remembered.keys()].at(-1)]);
    }
  }, 240_000);
});

describe('what a worker leaves that died between two steps', () => {
  let fixture: SnapshotFixture;
  let names: string[];
  const at = (file: string) => join(fixture.folder, file);

  beforeAll(async () => {
    fixture = await startSnapshotFixture('btrfs');
    await writeFile(join(fixture.paths.mirror, 'file'), 'one');
  }, 60_000);
  afterAll(() => fixture.stop());
  beforeEach(async () => {
    await fixture.step({ make: [], remove: await fixture.names() });
    for (const file of (await fixture.names()).map((name) => at(`${name}.pin.json`))) await rm(file, { force: true });
    for (let day = 0; day < 3; day += 1) {
      await fixture.commit(NOON_MS + (100 + day) * DAY_MS);
      await fixture.step({ remove: 'none' });
    }
    names = (await fixture.names()).toReversed();
  });
  const step = () => fixture.step({ make: [], remove: 'none' });

  test('a whole copy whose record has not got its name yet becomes a snapshot', async () => {
    const [first = ''] = names;
    await rename(at(`${first}.json`), at(`.partial-${first}.token-1.json`));
    expect(await fixture.names()).not.toContain(first);
    expect(await step()).toMatchObject({ problems: [], notes: [] });
    expect(await fixture.names()).toContain(first);
  });

  test('a copy without a record goes, and its record without a copy', async () => {
    const [first = '', second = ''] = names;
    await rename(at(first), at(`.partial-${first}.token-1`));
    await rename(at(`${first}.json`), at(`.partial-${first}.token-1.json`));
    await rename(at(second), at(`.partial-${second}.token-2`));
    await rm(at(`${second}.json`));
    expect(await step()).toMatchObject({ problems: [], notes: [] });
    expect((await readdir(fixture.folder)).filter((file) => file.startsWith('.'))).toEqual([]);
    expect(await fixture.names()).toEqual([names[2]]);
  });

  test.each([
    ['before its directory was renamed', false],
    ['after that', true],
  ])('a removal goes on, %s', async (_, renamed) => {
    const [first = ''] = names;
    await rename(at(`${first}.json`), at(`.removing-${first}.json`));
    if (renamed) await rename(at(first), at(`.removing-${first}`));
    expect((await fixture.read()).problems).toEqual([]);
    expect(await fixture.names()).not.toContain(first);
    expect(await step()).toMatchObject({ problems: [], notes: [] });
    expect((await readdir(fixture.folder)).filter((file) => file.includes(first))).toEqual([]);
  });

  test('a removal that somebody pinned or began to read meanwhile is taken back', async () => {
    const [first = '', second = ''] = names;
    const run = { workflowId: 'reader', runId: 'reader' };
    await writePin(fixture.folder, first, { since: new Date().toISOString(), run });
    await beginReading(fixture.folder, second, run);
    fixture.runs.isOpen = async ({ runId }) => runId === 'reader';
    for (const name of [first, second]) await rename(at(`${name}.json`), at(`.removing-${name}.json`));
    await step();
    fixture.runs.isOpen = async () => false;
    expect(await fixture.names()).toEqual(names.toReversed());
    await rm(at(`${first}.pin.json`));
  });

  test('whoever comes to read or pin a snapshot that is being removed is told that there is none', async () => {
    const [first = ''] = names;
    await rename(at(`${first}.json`), at(`.removing-${first}.json`));
    const run = { workflowId: 'late', runId: 'late' };
    await expect(beginReading(fixture.folder, first, run)).rejects.toMatchObject({ type: 'BackupNotFound' });
    await expect(writePin(fixture.folder, first, { since: '', run })).rejects.toMatchObject({ type: 'BackupNotFound' });
    expect((await readdir(fixture.folder)).filter((file) => /pin|reading/.test(file))).toEqual([]);
    await step();
  });

  test('another directory in the place of one being removed is not touched', async () => {
    const [first = ''] = names;
    await rename(at(`${first}.json`), at(`.removing-${first}.json`));
    await rename(at(first), at(`.partial-${first}.aside`));
    await mkdir(at(first));
    await writeFile(join(at(first), 'mine'), 'x');
    const { notes } = await step();
    expect(notes.join()).toContain('another directory is in its place');
    expect(await readdir(at(first))).toEqual(['mine']);
    await rm(at(first), { recursive: true });
  });
});

test('a cancelled run leaves nothing half made, and says that it was cancelled', async () => {
  const fixture = await startSnapshotFixture('ext4');
  try {
    for (let file = 0; file < 500; file += 1) await writeFile(join(fixture.paths.mirror, `f${file}`), `${file}`);
    await fixture.commit(NOON_MS);
    const cancel = new AbortController();
    const control = testControl({ signal: cancel.signal, progress: () => setTimeout(() => cancel.abort(), 5) });
    await expect(fixture.step({ control })).rejects.toMatchObject({ type: 'Cancelled' });
    expect(await readdir(fixture.folder)).toEqual([]);
    expect(await fixture.step()).toMatchObject({ made: [{ kind: 'daily' }] });
  } finally {
    await fixture.stop();
  }
}, 60_000);

test('a worker that is not root makes and removes snapshots on BTRFS, without mount options', async () => {
  const fixture = await startSnapshotFixture('btrfs');
  const uid = 65_534;
  try {
    await mkdir(join(fixture.paths.mirror, 'closed'));
    await writeFile(join(fixture.paths.mirror, 'closed/file'), 'one');
    for (let day = 0; day < 2; day += 1) {
      await fixture.commit(NOON_MS + day * DAY_MS);
      if (day === 0) {
        execFileSync('chmod', ['0500', join(fixture.paths.mirror, 'closed')]);
        execFileSync('chown', ['-R', `${uid}:${uid}`, fixture.paths.base]);
        for (let at = fixture.paths.base; at !== tmpdir() && at !== '/'; at = dirname(at)) await chmod(at, 0o755);
      } else execFileSync('chown', ['-R', `${uid}:${uid}`, fixture.paths.stateFolder]);
      await worker(fixture.input({ snapshots: ONE }), undefined, uid);
    }
    expect(await fixture.names()).toEqual(['20261122T120000Z-daily']);
    expect(await fixture.read()).toMatchObject({ problems: [], leftovers: [] });
    expect((await readdir(fixture.folder)).length).toBe(2);
  } finally {
    await fixture.stop();
  }
}, 60_000);
