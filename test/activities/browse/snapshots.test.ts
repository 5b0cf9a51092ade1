import { chmodSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diffBackups } from '../../../src/activities/browse/diff-backups.js';
import { findFiles } from '../../../src/activities/browse/find-files.js';
import { listFiles } from '../../../src/activities/browse/list-files.js';
import type { FindPosition, RestorePoint } from '../../../src/activities/contract.js';
import { type SnapshotBench, startSnapshotBench } from '../../support/snapshot-bench.js';

/** Files whose contents are changed without a trace in size and time, as tools that hide theirs do. */
const BACK_DATED = new Date(1_700_000_000_000);

describe.each(['btrfs', 'ext4'] as const)('in the snapshots of a mirror on %s', (type) => {
  let bench: SnapshotBench;
  const names: string[] = [];
  const ids: string[] = [];
  const of = () => ({ configPath: bench.request().configPath, host: 'web1', source: 'mirrored' });
  const list = async (point: RestorePoint, path = '') =>
    listFiles(bench.providers, bench.control(), { ...of(), point, path, recursive: true });
  const find = (pattern: string, after?: FindPosition) => {
    const selection = { hosts: ['web1'], sources: ['mirrored'], tags: [] };
    const input = { configPath: of().configPath, selection, pattern };
    return findFiles(bench.providers, bench.control(), after === undefined ? input : { ...input, after });
  };
  const told = async (pattern: string) =>
    (await find(pattern)).versions.map(({ path, backupId, change }) => `${path} ${ids.indexOf(backupId)} ${change}`);
  const diff = (before: RestorePoint, now: RestorePoint) =>
    diffBackups(bench.providers, bench.control(), { ...of(), before, now });

  beforeAll(async () => {
    bench = await startSnapshotBench(type);
    const at = (...parts: string[]): string => join(bench.tree, ...parts);
    const keep = async (): Promise<void> => {
      ids.push(await bench.backUpMirror());
      names.push((await bench.snapshot()).made[0]?.name ?? '');
    };
    mkdirSync(at('etc'));
    mkdirSync(at('many'));
    for (let file = 0; file < 2_100; file += 1) writeFileSync(at('many', `file-${file}`), '');
    writeFileSync(at('etc/hosts'), 'first');
    writeFileSync(at('letter'), 'a letter');
    writeFileSync(at('quiet'), 'one');
    utimesSync(at('quiet'), BACK_DATED, BACK_DATED);
    await keep();
    writeFileSync(at('etc/hosts'), 'second, and longer');
    rmSync(at('letter'));
    await keep();
    writeFileSync(at('new'), 'new');
    chmodSync(at('etc/hosts'), 0o600);
    ids.push(await bench.backUpMirror());
  });
  afterAll(() => bench.stop());

  test('files are listed as they were', async () => {
    const first = await list({ snapshot: names[0] ?? '' }, 'etc');
    expect(first).toMatchObject({ backupId: ids[0], files: [{ path: 'etc/hosts', sizeBytes: 5 }] });
    expect((await list({ backupId: ids[1] ?? '' }, 'etc')).files).toMatchObject([{ sizeBytes: 18, mode: '644' }]);
    expect((await list({ latest: true }, 'etc')).files).toMatchObject([{ sizeBytes: 18, mode: '600' }]);
    await expect(list({ snapshot: names[1] ?? '' }, 'letter')).rejects.toMatchObject({ type: 'FileNotInBackup' });
    await expect(list({ snapshot: '20200101T000000Z-daily' })).rejects.toMatchObject({ type: 'BackupNotFound' });
  });

  test('a search tells when a file came, changed and went', async () => {
    expect(await told('hosts')).toEqual(['etc/hosts 0 present', 'etc/hosts 1 changed', 'etc/hosts 2 changed']);
    expect(await told('letter')).toEqual(['letter 0 present', 'letter 1 deleted']);
    expect(await told('new')).toEqual(['new 2 new']);
    const first = await find('file-*');
    const second = await find('file-*', first.next);
    expect(second.next).toBeUndefined();
    expect(new Set([...first.versions, ...second.versions].map(({ path }) => path)).size).toBe(2_100);
  });

  test('two can be compared, and one with the mirror', async () => {
    const { files, totals, before, now } = await diff({ snapshot: names[0] ?? '' }, { snapshot: names[1] ?? '' });
    expect([before, now]).toEqual(names);
    expect(files.map(({ path, change, differences }) => [path, change, ...differences])).toEqual([
      ['', 'changed', 'mtime'],
      ['etc/hosts', 'changed', 'size', 'mtime'],
      ['letter', 'removed'],
    ]);
    expect(totals).toMatchObject({ added: 0, removed: 1, changed: 2, unchanged: 2_103 });
    const since = await diff({ snapshot: names[1] ?? '' }, { latest: true });
    expect(since.files.map(({ path, change, differences }) => [path, change, ...differences])).toEqual([
      ['', 'changed', 'mtime'],
      ['etc/hosts', 'changed', 'mode'],
      ['new', 'added'],
    ]);
  });

  test('contents that changed behind their back are seen where the copy has the mirror’s own times, else it is said that they are not', async () => {
    const quiet = join(bench.paths.mirror, 'quiet');
    writeFileSync(quiet, 'two');
    utimesSync(quiet, BACK_DATED, BACK_DATED);
    const { files, notes } = await diff({ snapshot: names[1] ?? '' }, { latest: true });
    const seen = files.filter(({ path }) => path === 'quiet').map(({ differences }) => differences);
    expect(seen).toEqual(type === 'btrfs' ? [['ctime']] : []);
    expect(notes).toHaveLength(type === 'btrfs' ? 0 : 1);
  });
});
