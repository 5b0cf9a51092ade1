import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY_MS, NOON_MS, startSnapshotFixture, treeAt, type SnapshotFixture } from './fixture.js';

describe('what is made, and when', () => {
  let fixture: SnapshotFixture;
  beforeAll(async () => {
    fixture = await startSnapshotFixture('btrfs');
    await writeFile(join(fixture.paths.mirror, 'file'), 'one');
  }, 60_000);
  afterAll(() => fixture.stop());
  const names = () => fixture.names();

  test('two runs of one period make one snapshot, whatever changed', async () => {
    await fixture.commit(NOON_MS);
    await fixture.step();
    await fixture.commit(NOON_MS + 3_600_000);
    expect(await fixture.step()).toMatchObject({ made: [], failures: [] });
    expect(await names()).toEqual(['20261121T120000Z-daily']);
  });

  test('the same run, begun again after its worker died, finds what it has made', async () => {
    await fixture.commit(NOON_MS + DAY_MS);
    const first = await fixture.step({ runId: 'again' });
    const second = await fixture.step({ runId: 'again' });
    expect(first.made).toHaveLength(1);
    expect(second.made).toEqual(first.made);
  });

  test('a kind that a person asks for is made whatever the clock says, and no rule removes it', async () => {
    expect(await fixture.step({ make: ['manual'] })).toMatchObject({ made: [{ name: '20261122T120000Z-manual' }] });
    for (let day = 2; day < 8; day += 1) {
      await fixture.commit(NOON_MS + day * DAY_MS);
      await fixture.step({ remove: 'surplus' });
    }
    expect(await names()).toContain('20261122T120000Z-manual');
    expect(await fixture.step({ make: [], remove: ['20261122T120000Z-manual'] })).toMatchObject({
      removed: { count: 1 },
      failures: [],
    });
    expect(await names()).not.toContain('20261122T120000Z-manual');
  });

  test('a mirror that a run left half synchronised gives no snapshot', async () => {
    const before = await names();
    const { writeMirrorState, readMirrorState } = await import('../../../src/activities/mirror/mirror-state.js');
    const reading = await readMirrorState(fixture.paths);
    const last = reading.kind === 'known' ? reading.state.last : undefined;
    if (reading.kind !== 'known' || last === undefined) throw new Error('the mirror must have been committed');
    const { kind, format, host, source, path } = reading.state;
    await writeMirrorState(fixture.paths, {
      ...{ kind, format, host, source, path, last, state: 'syncing' },
      run: { workflowId: 'w', runId: 'r' },
      attemptToken: 't',
      since: new Date(NOON_MS).toISOString(),
      previousEntries: 1,
    });
    expect(await fixture.step()).toMatchObject({ made: [], failures: [] });
    expect(await fixture.step({ make: ['manual'] })).toMatchObject({
      made: [],
      failures: [{ type: 'SnapshotFailed' }],
    });
    expect(await names()).toEqual(before);
  });

  test('snapshots of flawed backups are marked, and do not push out the last good one', async () => {
    for (let day = 20; day < 28; day += 1) {
      await fixture.commit(NOON_MS + day * DAY_MS, day === 20 ? {} : { status: 'warning' });
      await fixture.step({ remove: 'surplus' });
    }
    const { snapshots } = await fixture.read();
    expect(snapshots.filter(({ state }) => state === 'good').map(({ name }) => name)).toContain(
      '20261211T120000Z-daily',
    );
    expect(snapshots.filter(({ state }) => state === 'flawed')).toHaveLength(3);
  });

  test('a subvolume below the mirror is not in the snapshot, and that is said', async () => {
    await mkdir(join(fixture.paths.mirror, 'below'));
    execFileSync('btrfs', ['subvolume', 'create', join(fixture.paths.mirror, 'below/volume')]);
    await fixture.commit(NOON_MS + 30 * DAY_MS);
    expect(await fixture.step()).toMatchObject({ made: [{ status: 'warning' }] });
    const { snapshots } = await fixture.read();
    expect(snapshots[0]).toMatchObject({ state: 'flawed', record: { leftOut: { count: 1, first: ['below/volume'] } } });
  });

  test('a pinned one, one that a restore reads and the newest good one stay', async () => {
    const { writePin } = await import('../../../src/activities/snapshots/snapshot-pins.js');
    const { beginReading } = await import('../../../src/activities/snapshots/snapshot-leases.js');
    const all = (await fixture.names()).toReversed();
    const [pinned = '', read = ''] = all;
    await writePin(fixture.folder, pinned, { since: new Date().toISOString(), run: { workflowId: 'p', runId: 'p' } });
    await beginReading(fixture.folder, read, { workflowId: 'restore/web1', runId: 'reader' });
    fixture.runs.isOpen = async ({ runId }) => runId === 'reader';
    const asked = await fixture.step({ make: [], remove: all });
    const stay = await names();
    expect(stay).toContain(pinned);
    expect(stay).toContain(read);
    expect((await fixture.read()).snapshots.some(({ state }) => state === 'good')).toBe(true);
    expect(asked.failures.map(({ message }) => message).join()).toMatch(/pinned.*a restore reads it/);

    fixture.runs.isOpen = async () => false;
    await fixture.step({ make: [], remove: [read] });
    expect(await names()).not.toContain(read);
  });

  test('nothing goes while nobody can say whether a restore reads it', async () => {
    const before = await names();
    fixture.runs.restoring = async () => undefined;
    const { removed, notes } = await fixture.step({ make: [], remove: before });
    expect(removed.count).toBe(0);
    expect(notes.join()).toContain('nobody could say');
    fixture.runs.restoring = async () => [];
  });
});

describe('what is not as it was made', () => {
  let fixture: SnapshotFixture;
  beforeAll(async () => {
    fixture = await startSnapshotFixture('btrfs');
    await writeFile(join(fixture.paths.mirror, 'file'), 'one');
    for (let day = 0; day < 6; day += 1) {
      await fixture.commit(NOON_MS + day * DAY_MS);
      await fixture.step({ remove: 'none' });
    }
  }, 60_000);
  afterAll(() => fixture.stop());
  const btrfs = (...words: string[]) => execFileSync('btrfs', words, { stdio: 'pipe' });
  const at = (name: string) => join(fixture.folder, name);

  test('is reported, and rotation does not touch it', async () => {
    const [missing = '', replaced = '', writable = '', link = ''] = (await fixture.names()).toReversed();
    btrfs('subvolume', 'delete', at(missing));
    btrfs('subvolume', 'delete', at(replaced));
    btrfs('subvolume', 'create', at(replaced));
    await writeFile(join(at(replaced), 'mine'), 'not yours');
    btrfs('property', 'set', '-ts', at(writable), 'ro', 'false');
    btrfs('subvolume', 'delete', at(link));
    await symlink('/etc', at(link));
    btrfs('subvolume', 'create', at('20200101T000000Z-daily'));
    await writeFile(at('notes.txt'), 'of somebody');

    await fixture.commit(NOON_MS + 6 * DAY_MS);
    const { problems } = await fixture.step({ snapshots: { rules: [{ kind: 'daily', count: 1 }] }, remove: 'surplus' });
    const told = new Map(problems.map(({ path, problem }) => [path, problem]));
    expect(told).toEqual(
      new Map([
        [at(missing), 'missing'],
        [at(replaced), 'replaced'],
        [at(writable), 'writable'],
        [at(link), 'replaced'],
        [at('20200101T000000Z-daily'), 'foreign'],
        [at('notes.txt'), 'foreign'],
      ]),
    );
    expect(await fixture.names()).toEqual(['20261127T120000Z-daily', link, writable, replaced, missing]);
    expect((await readdir(at(replaced))).length).toBe(1);
    expect((await stat(at('20200101T000000Z-daily'))).isDirectory()).toBe(true);
    expect((await stat('/etc/passwd')).isFile()).toBe(true);
  });

  test('a record edited by hand is damaged, and named even so it is not removed', async () => {
    const [newest = ''] = await fixture.names();
    await appendFile(`${at(newest)}.json`, 'x');
    expect((await fixture.read()).problems).toContainEqual(
      expect.objectContaining({ path: `${at(newest)}.json`, problem: 'unreadable-record' }),
    );
    const { failures } = await fixture.step({ make: [], remove: [newest] });
    expect(failures).toMatchObject([{ type: 'SnapshotFailed' }]);
    expect(await readdir(at(newest))).toContain('file');
  });
});

describe('a full file system', () => {
  test('makes a warning, leaves nothing half made, and older snapshots as they are', async () => {
    const fixture = await startSnapshotFixture('ext4');
    try {
      await writeFile(join(fixture.paths.mirror, 'file'), Buffer.alloc(6 * 2 ** 20, 1));
      await fixture.commit(NOON_MS);
      const [first] = (await fixture.step()).made;
      const was = await treeAt(join(fixture.folder, first?.name ?? ''));
      await writeFile(join(fixture.paths.mirror, 'file'), Buffer.alloc(6 * 2 ** 20, 2));
      const full = join(fixture.paths.base, 'ballast');
      execFileSync('sh', ['-c', `dd if=/dev/zero of=${full} bs=1M 2>/dev/null || true`]);
      await rm(full);
      execFileSync('sh', [
        '-c',
        `dd if=/dev/zero of=${full} bs=1M count=$(( $(df --output=avail -m ${fixture.paths.base} | tail -1) - 3 )) 2>/dev/null`,
      ]);

      await fixture.commit(NOON_MS + DAY_MS);
      const { made, failures } = await fixture.step({ snapshots: { rules: [{ kind: 'daily', count: 1 }] } });
      expect(made).toEqual([]);
      expect(failures).toMatchObject([
        { type: 'SnapshotFailed', message: expect.stringContaining('no room') as string },
      ]);
      expect(await readdir(fixture.folder)).toHaveLength(2);
      expect(await treeAt(join(fixture.folder, first?.name ?? ''))).toEqual(was);

      await rm(full);
      expect(await fixture.step({ snapshots: { rules: [{ kind: 'daily', count: 1 }] } })).toMatchObject({
        made: [{ name: '20261122T120000Z-daily' }],
        removed: { first: ['20261121T120000Z-daily'] },
      });
    } finally {
      await fixture.stop();
    }
  }, 60_000);
});

test('modes that close a directory to everybody do not keep a hard-link tree from being removed', async () => {
  const fixture = await startSnapshotFixture('ext4');
  try {
    await mkdir(join(fixture.paths.mirror, 'closed/below'), { recursive: true });
    await chmod(join(fixture.paths.mirror, 'closed'), 0o000);
    for (let day = 0; day < 3; day += 1) {
      await fixture.commit(NOON_MS + day * DAY_MS);
      await fixture.step({ snapshots: { rules: [{ kind: 'daily', count: 1 }] } });
    }
    expect(await fixture.names()).toEqual(['20261123T120000Z-daily']);
    expect((await stat(join(fixture.folder, '20261123T120000Z-daily/closed'))).mode & 0o7777).toBe(0);
  } finally {
    await fixture.stop();
  }
}, 60_000);
