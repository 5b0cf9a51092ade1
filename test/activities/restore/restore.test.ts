import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { discardRestore } from '../../../src/activities/restore/discard-restore.js';
import { scratchName } from '../../../src/activities/restore/extract-links.js';
import { extractShard } from '../../../src/activities/restore/extract-shard.js';
import { finishRestore } from '../../../src/activities/restore/finish-restore.js';
import { planRestore } from '../../../src/activities/restore/plan-restore.js';
import { prepareRestore } from '../../../src/activities/restore/prepare-restore.js';
import { copyTree, type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';
import { describeTree } from '../../support/tree-oracle.js';

let bench: RestoreBench;
let number = 0;
let target: string;
const into = (path: string) => ({ kind: 'local', path, machine: 'test' }) as const;
const at = (...names: string[]): string => join(target, ...names);
const inode = (path: string): number => statSync(path).ino;

beforeAll(async () => {
  bench = await startRestoreBench();
  const tree = (name: string): string => join(bench.tree, name);
  for (const directory of ['etc', 'etc/nginx', 'home', 'home/anna', 'empty']) mkdirSync(tree(directory));
  chmodSync(tree('empty'), 0o750);
  for (const file of ['etc/hosts', 'etc/nginx/nginx.conf', 'home/anna/letter.txt', 'home/anna/notes.txt']) {
    writeFileSync(tree(file), `first ${file}`);
  }
  symlinkSync('/etc/passwd', tree('home/link'));
  linkSync(tree('etc/hosts'), tree('home/hosts-too'));
  linkSync(tree('etc/hosts'), tree('home/hosts-again'));
  execFileSync('truncate', ['-s', '20M', tree('home/disk.img')]);
  bench.settle((await bench.backUp()).plan.backupId);
  writeFileSync(tree('home/anna/letter.txt'), 'second, and longer');
  rmSync(tree('home/anna/notes.txt'));
  await bench.backUp();
});
afterAll(() => bench.stop());
beforeEach(() => {
  target = bench.path(`targets/${(number += 1)}`);
});

describe('what is restored', () => {
  test('the latest point comes with all of the tree, and sparse files stay sparse', async () => {
    const { plan, report } = await bench.restore({ target: into(target) });
    expect(report).toEqual({ status: 'ok', compared: 13, differences: { count: 0, first: [] } });
    expect(plan.counts).toEqual({ create: 13, replace: 0, keep: 0, delete: 0 });
    expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
    expect(statSync(at('home/disk.img')).blocks).toBeLessThan(100);
    expect(existsSync(plan.spool)).toBe(false);
  });

  test('--include takes what matches with all below it, and the directories above', async () => {
    const { plan } = await bench.restore({ target: into(target), include: ['nginx/', '/home/*/letter.txt'] });
    expect(readdirSync(target, { recursive: true }).sort()).toEqual([
      'etc',
      'etc/nginx',
      'etc/nginx/nginx.conf',
      'home',
      'home/anna',
      'home/anna/letter.txt',
    ]);
    expect(readFileSync(at('home/anna/letter.txt'), 'utf8')).toBe('second, and longer');
    expect(plan.parts).toBe(2);
    await expect(bench.restore({ include: ['*.pdf'] })).rejects.toMatchObject({ type: 'NothingToRestore' });
  });

  test('an included second name of a hard-linked file comes without the first one', async () => {
    const { report } = await bench.restore({ target: into(target), include: ['hosts-*'] });
    expect(report.status).toBe('ok');
    expect(readdirSync(target, { recursive: true }).sort()).toEqual(['home', 'home/hosts-again', 'home/hosts-too']);
    expect(readFileSync(at('home/hosts-too'), 'utf8')).toBe('first etc/hosts');
    expect(inode(at('home/hosts-too'))).toBe(inode(at('home/hosts-again')));
  });

  test('a time finds the backup before it, and none before the first', async () => {
    const first = (await bench.planRestore({ dryRun: true })).chain[0] as string;
    const time = `${first.slice(0, 4)}-${first.slice(4, 6)}-${first.slice(6, 11)}:${first.slice(11, 13)}:${first.slice(13, 16)}`;
    expect((await bench.planRestore({ point: { at: time }, dryRun: true })).backupId).toBe(first);
    await expect(bench.planRestore({ point: { at: '2001-01-01' } })).rejects.toMatchObject({ type: 'BackupNotFound' });
  });

  test('a dry run says what would be done and writes nothing', async () => {
    const plan = await bench.planRestore({ target: into(target), dryRun: true });
    expect(plan).toMatchObject({ spool: '', counts: { create: 13 }, chain: [expect.any(String), expect.any(String)] });
    expect(existsSync(target)).toBe(false);
    expect(
      readdirSync(bench.providers.spoolDirectory).filter(
        (name) => name.startsWith('restore-') && !name.endsWith('.report'),
      ),
    ).toEqual([]);
  });
});

describe('steps', () => {
  test('each may be done twice, as after a worker died, and the report of the end is said again', async () => {
    mkdirSync(at('etc/hosts'), { recursive: true });
    mkdirSync(at('surplus/deep'), { recursive: true });
    const request = bench.request({ target: into(target), delete: true, include: ['hosts-too', 'anna/', 'surplus/'] });
    const run = { workflowId: 'restore/web1/data/twice', runId: 'run-2' };
    const plan = await planRestore(bench.providers, bench.control(), { request, run });
    const input = { request, plan, run };
    const twice = async <T>(step: () => Promise<T>): Promise<T> => {
      const first = await step();
      expect(await step()).toEqual(first);
      return first;
    };
    await twice(() => prepareRestore(bench.providers, bench.control(), input));
    for (let part = 0; part < plan.parts; part += 1) {
      await twice(() => extractShard(bench.providers, bench.control(), { ...input, part }));
    }
    const report = await twice(() => finishRestore(bench.providers, bench.control(), input));
    expect(report.status).toBe('ok');
    expect(readdirSync(target, { recursive: true }).sort()).toEqual([
      'etc',
      'etc/hosts',
      'home',
      'home/anna',
      'home/anna/letter.txt',
      'home/hosts-too',
    ]);
  });

  test('a restore that is given up leaves no lists and no scratch directory', async () => {
    const request = bench.request({ target: into(target), include: ['hosts-too'] });
    const run = { workflowId: 'restore/web1/data/given-up', runId: 'run-3' };
    const plan = await planRestore(bench.providers, bench.control(), { request, run });
    const input = { request, plan, run };
    await prepareRestore(bench.providers, bench.control(), input);
    const cancelled = { ...bench.control(), signal: AbortSignal.abort() };
    await expect(extractShard(bench.providers, cancelled, { ...input, part: 0 })).rejects.toBeDefined();
    mkdirSync(at(scratchName(plan.spool)));
    await discardRestore(bench.providers, bench.control(), input);
    expect(existsSync(plan.spool)).toBe(false);
    expect(readdirSync(target)).toEqual(['home']);
  });
});

describe('into a target that holds something', () => {
  test('done again, it skips everything', async () => {
    await bench.restore({ target: into(target) });
    const before = inode(at('home/anna/letter.txt'));
    const { plan, report } = await bench.restore({ target: into(target) });
    expect(plan).toMatchObject({ parts: 0, bytesToRead: 0, counts: { create: 0, replace: 0, keep: 13, delete: 0 } });
    expect(report.status).toBe('ok');
    expect(inode(at('home/anna/letter.txt'))).toBe(before);
  });

  test('never leaves what is there, and brings what is missing', async () => {
    mkdirSync(at('home/anna'), { recursive: true });
    mkdirSync(at('etc'));
    writeFileSync(at('home/anna/letter.txt'), 'mine');
    writeFileSync(at('etc/hosts'), 'my hosts');
    chmodSync(at('home'), 0o711);
    const { report } = await bench.restore({ target: into(target), overwrite: 'never' });
    expect(report.status).toBe('ok');
    expect(readFileSync(at('home/anna/letter.txt'), 'utf8')).toBe('mine');
    expect(readFileSync(at('etc/hosts'), 'utf8')).toBe('my hosts');
    expect(statSync(at('home')).mode & 0o777).toBe(0o711);
    expect(readFileSync(at('home/hosts-too'), 'utf8')).toBe('first etc/hosts');
    expect(inode(at('home/hosts-too'))).toBe(inode(at('home/hosts-again')));
  });

  test('changed replaces what differs, broken hard links and changed modes too', async () => {
    await bench.restore({ target: into(target) });
    const untouched = inode(at('etc/nginx/nginx.conf'));
    writeFileSync(at('home/anna/letter.txt'), 'spoilt');
    chmodSync(at('empty'), 0o777);
    const text = readFileSync(at('home/hosts-too'));
    const { atime, mtime } = statSync(at('home/hosts-too'));
    rmSync(at('home/hosts-too'));
    writeFileSync(at('home/hosts-too'), text);
    utimesSync(at('home/hosts-too'), atime, mtime);
    const { report } = await bench.restore({ target: into(target) });
    expect(report.status).toBe('ok');
    expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
    expect(inode(at('etc/nginx/nginx.conf'))).toBe(untouched);
  });

  test('always replaces an edit that left size and time as they were', async () => {
    await bench.restore({ target: into(target) });
    const time = execFileSync('stat', ['-c', '%.9Y', at('etc/nginx/nginx.conf')], { encoding: 'utf8' }).trim();
    writeFileSync(at('etc/nginx/nginx.conf'), 'FIRST etc/nginx/nginx.conf');
    execFileSync('touch', ['-d', `@${time}`, at('etc/nginx/nginx.conf')]);
    await bench.restore({ target: into(target), overwrite: 'always' });
    expect(readFileSync(at('etc/nginx/nginx.conf'), 'utf8')).toBe('first etc/nginx/nginx.conf');
  });

  test('what the point does not have stays, and goes with --delete, but not what the backup leaves out', async () => {
    const source = { exclude: ['*.cache'] };
    await bench.backUp({ source });
    mkdirSync(at('extra/deep'), { recursive: true });
    mkdirSync(at('cached'));
    for (const file of ['extra/deep/file', 'home.cache', 'cached/x.cache']) writeFileSync(at(file), 'mine');
    symlinkSync(bench.tree, at('extra/away'));
    await bench.restore({ target: into(target) });
    expect(existsSync(at('extra/deep/file'))).toBe(true);
    const { plan } = await bench.restore({ target: into(target), delete: true });
    expect(plan.counts.delete).toBe(5);
    expect(existsSync(at('extra'))).toBe(false);
    expect(existsSync(at('home.cache'))).toBe(true);
    expect(existsSync(at('cached/x.cache'))).toBe(true);
    expect(existsSync(join(bench.tree, 'etc/hosts'))).toBe(true);
  });

  test('a symbolic link where a directory belongs is replaced, never followed', async () => {
    const outside = bench.path('outside');
    mkdirSync(outside);
    mkdirSync(target);
    symlinkSync(outside, at('home'));
    await expect(bench.restore({ target: into(target), overwrite: 'never' })).rejects.toMatchObject({
      type: 'RestoreTargetInvalid',
      message: expect.stringContaining('"home" is a symbolic link') as string,
    });
    const { report } = await bench.restore({ target: into(target) });
    expect(report.status).toBe('ok');
    expect(readdirSync(outside)).toEqual([]);
  });

  test('a directory that is not empty makes way for a file only with --delete', async () => {
    mkdirSync(at('etc/hosts/full'), { recursive: true });
    await expect(bench.restore({ target: into(target) })).rejects.toMatchObject({ type: 'RestoreTargetInvalid' });
    expect(existsSync(at('etc/hosts/full'))).toBe(true);
    const { report } = await bench.restore({ target: into(target), delete: true });
    expect(report.status).toBe('ok');
    expect(statSync(at('etc/hosts')).isFile()).toBe(true);
  });

  test('attributes of directories that were there become the backup’s, surplus ones go', async () => {
    mkdirSync(at('empty'), { recursive: true });
    execFileSync('setfattr', ['-n', 'user.surplus', '-v', '1', at('empty')]);
    execFileSync('setfacl', ['-d', '-m', 'u:1000:rwx', at('empty')]);
    await bench.restore({ target: into(target), delete: true });
    expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
  });
});

describe('targets', () => {
  test('the place where backups are kept is refused', async () => {
    await expect(bench.restore({ target: into(bench.vault) })).rejects.toMatchObject({ type: 'RestoreTargetInvalid' });
    await expect(bench.restore({ target: into('/tmp') })).rejects.toMatchObject({ type: 'RestoreTargetInvalid' });
  });

  test('another host gets the tree over ssh, and the same host can be restored in place', async () => {
    const { plan, report } = await bench.restore({ target: { kind: 'host', host: 'web2', path: target } });
    expect(report.status).toBe('ok');
    expect(plan.targetMachine).toBe('web2');
    expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
    const copy = bench.path('copy-in-place');
    copyTree(bench.tree, copy);
    rmSync(join(bench.tree, 'home/anna'), { recursive: true });
    await bench.restore({ target: { kind: 'host', host: 'web1' } });
    expect(await describeTree(bench.tree)).toEqual(await describeTree(copy));
  });

  test('a full target is told as such', async () => {
    mkdirSync(target);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', target]);
    try {
      writeFileSync(join(bench.tree, 'big'), Buffer.alloc(300_000, 'x'));
      await bench.backUp();
      await expect(bench.restore({ target: into(target) })).rejects.toMatchObject({ type: 'RestoreTargetFull' });
    } finally {
      execFileSync('umount', [target]);
    }
  });
});
