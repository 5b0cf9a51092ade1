import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diffBackups } from '../../../src/activities/browse/diff-backups.js';
import { findFiles } from '../../../src/activities/browse/find-files.js';
import { listFiles } from '../../../src/activities/browse/list-files.js';
import type { FindPosition, ListFilesInput } from '../../../src/activities/contract.js';
import { commitMirror } from '../../../src/activities/mirror/commit-mirror.js';
import { syncMirror } from '../../../src/activities/mirror/sync-mirror.js';
import { byteStringOf, bytesOf } from '../../../src/core/entries/entry.js';
import { objectsNamed, type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';

let bench: RestoreBench;
let ids: string[];
let configPath: string;
const raw = Buffer.from([0x62, 0xff, 0x64]);

const listing = (news: Partial<ListFilesInput> = {}) =>
  listFiles(bench.providers, bench.control(), {
    configPath,
    host: 'web1',
    source: 'data',
    point: { latest: true },
    path: '',
    recursive: false,
    ...news,
  });
const names = async (news: Partial<ListFilesInput> = {}) => (await listing(news)).files.map(({ path }) => path);
const find = (pattern: string, after?: FindPosition, sources: readonly string[] = ['data']) => {
  const selection = { hosts: ['web1'], sources, tags: [] };
  const input = { configPath, selection, pattern };
  return findFiles(bench.providers, bench.control(), after === undefined ? input : { ...input, after });
};
const told = async (pattern: string) =>
  (await find(pattern)).versions.map(({ path, backupId, change }) => `${path} ${ids.indexOf(backupId)} ${change}`);

beforeAll(async () => {
  bench = await startRestoreBench();
  configPath = bench.request().configPath;
  const tree = (...parts: string[]): string => join(bench.tree, ...parts);
  mkdirSync(tree('etc/nginx'), { recursive: true });
  mkdirSync(tree('many'));
  writeFileSync(tree('etc/hosts'), 'first');
  writeFileSync(tree('etc/nginx/nginx.conf'), 'first');
  writeFileSync(tree('etc-x'), 'sorts before what lies in etc');
  writeFileSync(tree('letter.txt'), 'a letter');
  symlinkSync('/nowhere', tree('link'));
  writeFileSync(Buffer.concat([Buffer.from(`${bench.tree}/`), raw]), 'no UTF-8');
  for (let number = 0; number < 2_300; number += 1) writeFileSync(tree('many', `file-${number}`), '');
  const backUp = async (full = false): Promise<void> => {
    const { plan } = await bench.backUp({ options: { full } });
    bench.settle(plan.backupId);
    ids.push(plan.backupId);
  };
  ids = [];
  await backUp();
  writeFileSync(tree('etc/nginx/nginx.conf'), 'second, and longer');
  chmodSync(tree('etc/hosts'), 0o600);
  rmSync(tree('letter.txt'));
  await backUp();
  writeFileSync(tree('new.conf'), 'new');
  await backUp(true);
});
afterAll(() => bench.stop());

describe('files', () => {
  test('of a point are listed like ls: the first level, from where one looks', async () => {
    const top = ['etc', 'etc-x', 'link', 'many', 'new.conf', byteStringOf(raw)];
    expect((await names()).sort()).toEqual(top.sort());
    expect((await names({ path: 'etc' })).sort()).toEqual(['etc/hosts', 'etc/nginx']);
    expect((await names({ path: 'etc', recursive: true })).sort()).toEqual([
      'etc/hosts',
      'etc/nginx',
      'etc/nginx/nginx.conf',
    ]);
    expect(await names({ path: 'etc/hosts' })).toEqual(['etc/hosts']);
  });

  test('have the size, mode, time and target that the point had', async () => {
    const older = await listing({ point: { backupId: ids[0] ?? '' }, path: 'etc/hosts' });
    expect(older.files).toMatchObject([{ type: 'f', sizeBytes: 5, mode: '644' }]);
    expect((await listing({ path: 'etc/hosts' })).files).toMatchObject([{ mode: '600' }]);
    const { files } = await listing();
    expect(files.find(({ path }) => path === 'link')).toMatchObject({ type: 'l', target: '/nowhere' });
  });

  test('come in pages that together hold each entry once, and each fits a payload', async () => {
    const paths: string[] = [];
    let after: string | undefined;
    let pages = 0;
    do {
      const page = await listing({ recursive: true, ...(after === undefined ? {} : { after }) });
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(500_000);
      paths.push(...page.files.map(({ path }) => path));
      after = page.next;
      pages += 1;
    } while (after !== undefined);
    expect(pages).toBe(2);
    const real = execFileSync('find', [bench.tree, '-mindepth', '1', '-printf', '%P\\0'], { encoding: 'latin1' });
    expect(paths.sort()).toEqual(real.split('\0').slice(0, -1).sort());
  });

  test('that the point does not have, a source that is not named, and a backup that is not there are named failures', async () => {
    await expect(listing({ path: 'etc/none' })).rejects.toMatchObject({ type: 'FileNotInBackup' });
    await expect(listing({ path: 'letter.txt' })).rejects.toMatchObject({ type: 'FileNotInBackup' });
    await expect(listing({ point: { backupId: '20200101T000000Z-0' } })).rejects.toMatchObject({
      type: 'BackupNotFound',
    });
    const { source: _, ...unnamed } = { configPath, host: 'web1', source: 'data' };
    const input = { ...unnamed, point: { latest: true }, path: '', recursive: false } as const;
    await expect(listFiles(bench.providers, bench.control(), input)).rejects.toMatchObject({
      type: 'SourceNotInConfig',
      message: expect.stringContaining('web1:data, web1:mirrored') as string,
    });
  });
});

describe('find', () => {
  test('tells when a file was new, changed and deleted, and not the full backup that had it unchanged', async () => {
    expect(await told('nginx.conf')).toEqual(['etc/nginx/nginx.conf 0 new', 'etc/nginx/nginx.conf 1 changed']);
    expect(await told('letter.txt')).toEqual(['letter.txt 0 new', 'letter.txt 1 deleted']);
    expect(await told('/etc/*')).toEqual(['etc/hosts 0 new', 'etc/hosts 1 changed', 'etc/nginx 0 new']);
    expect(await told('*.conf')).toContain('new.conf 2 new');
    expect(await told('none')).toEqual([]);
  });

  test('goes on with the next page where the last one ended', async () => {
    const first = await find('file-*');
    expect(first.versions.length).toBeLessThan(2_300);
    expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThan(500_000);
    const second = await find('file-*', first.next);
    expect(second.next).toBeUndefined();
    expect(new Set([...first.versions, ...second.versions].map(({ path }) => path)).size).toBe(2_300);
  });

  test('finds names that are no UTF-8', async () => {
    expect((await find('b?d')).versions.map(({ path }) => bytesOf(path))).toEqual([raw]);
  });

  test('shows what a mirror has now', async () => {
    const destination = { name: 'mirrors', type: 'local', path: bench.path('mirrors') } as const;
    const source = bench.source({ name: 'mirrored', engine: 'mirror', destination });
    const input = { host: bench.hostPlan(), source, run: { workflowId: 'host/web1', runId: 'run-1' } };
    const outcome = await syncMirror(bench.providers, bench.control(), input);
    await commitMirror(bench.providers, bench.control(), { ...input, outcome, startedAtMs: Date.now() });
    const { versions } = await find('nginx.conf', undefined, ['mirrored']);
    expect(versions).toMatchObject([{ source: 'mirrored', path: 'etc/nginx/nginx.conf', change: 'present' }]);
    expect(await names({ source: 'mirrored', path: 'etc/nginx' })).toEqual(['etc/nginx/nginx.conf']);
    const diff = {
      configPath,
      host: 'web1',
      source: 'mirrored',
      before: { latest: true },
      now: { latest: true },
    } as const;
    expect((await diffBackups(bench.providers, bench.control(), diff)).files).toEqual([]);
  });
});

describe('diff', () => {
  const diff = (before: number, now: number, after?: string) => {
    const point = (number: number) => ({ backupId: ids[number] ?? '' });
    const input = { configPath, host: 'web1', source: 'data', before: point(before), now: point(now) };
    return diffBackups(bench.providers, bench.control(), after === undefined ? input : { ...input, after });
  };

  test('of two points names what was added, removed and changed, and how', async () => {
    const { files, totals } = await diff(0, 2);
    expect(files.map(({ path, change, differences }) => [path, change, ...differences])).toEqual([
      ['', 'changed', 'mtime'],
      ['etc/hosts', 'changed', 'mode'],
      ['etc/nginx/nginx.conf', 'changed', 'size', 'mtime'],
      ['letter.txt', 'removed'],
      ['new.conf', 'added'],
    ]);
    expect(totals).toMatchObject({ added: 1, removed: 1, changed: 3 });
    expect((totals?.bytesNow ?? 0) - (totals?.bytesBefore ?? 0)).toBe(18 - 5 - 8 + 3);
  });

  test('of a point with itself is empty, and the other way round what was added is removed', async () => {
    expect((await diff(1, 1)).files).toEqual([]);
    expect((await diff(2, 0)).files.filter(({ change }) => change === 'removed').map(({ path }) => path)).toEqual([
      'new.conf',
    ]);
    expect((await diff(0, 2, 'etc/nginx/nginx.conf')).files.map(({ path }) => path)).toEqual([
      'letter.txt',
      'new.conf',
    ]);
  });
});

test('a damaged index is told by its name, and the search goes on in the other backups', async () => {
  const [index] = objectsNamed(bench.backupFolder(ids[1] ?? ''), 'index-');
  truncateSync(index ?? '', 40);
  await expect(listing({ point: { backupId: ids[1] ?? '' } })).rejects.toMatchObject({ type: 'ObjectDamaged' });
  const { versions, failures } = await find('new.conf');
  expect(versions).toMatchObject([{ change: 'new', backupId: ids[2] }]);
  expect(failures).toMatchObject([{ type: 'ObjectDamaged', host: 'web1', source: 'data' }]);
});
