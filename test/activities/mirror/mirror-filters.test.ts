import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scanHost } from '../../../src/activities/archive/scan-host.js';
import { readRecords } from '../../../src/activities/archive/read-records.js';
import { CACHE_SIGNATURE, leftOutFiles } from '../../../src/core/filters/entry-filters.js';
import { compileRules } from '../../../src/core/filters/filters.js';
import { findDoubt } from '../../../src/core/guard/guard.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import { type MirrorFixture, startMirrorFixture } from './fixture.js';

let at: MirrorFixture;

beforeAll(async () => {
  at = await startMirrorFixture();
});
afterAll(() => at.stop());
beforeEach(() => at.reset());

const put = (name: string, content = 'x'): void => {
  const file = Buffer.from(join(at.path, name), 'latin1');
  mkdirSync(Buffer.from(join(at.path, dirname(name)), 'latin1'), { recursive: true });
  writeFileSync(file, content);
};
const age = (name: string, seconds: number): void => {
  const then = Date.now() / 1000 - seconds;
  utimesSync(join(at.path, name), then, then);
};
const namesBelow = (folder: string): string[] =>
  execFileSync('find', [folder, '-mindepth', '1', '-printf', '%P\\0'], { encoding: 'latin1' })
    .split('\0')
    .slice(0, -1)
    .sort();
const mirrored = (): string[] => namesBelow(at.mirror);

/** What an archive of the same source would have. */
async function archived(changes: Partial<SourcePlan>): Promise<string[]> {
  const { host, source } = at.input(changes);
  const limits = { exclude: source.exclude, filters: source.filters ?? {} };
  const folder = join(at.directory, 'scan');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const scan = await scanHost(at.providers, host, source, folder, new AbortController().signal, limits);
  const isLeftOut = leftOutFiles(limits.filters, scan.scannedAtMs);
  const paths: string[] = [];
  for await (const batch of readRecords(scan.recordsFile, compileRules(limits.exclude), isLeftOut))
    paths.push(...batch.map(({ path }) => path));
  return paths.filter((path) => path !== '').sort();
}

describe('a mirror and an archive hold the same', () => {
  const both = async (changes: Partial<SourcePlan>): Promise<string[]> => {
    await at.backUp(changes);
    expect(await archived(changes)).toEqual(mirrored());
    return mirrored();
  };

  test('under include and exclude rules', async () => {
    for (const name of [
      'a.tmp',
      'keep.tmp',
      'd/a.tmp',
      'd/keep.tmp',
      'd/x',
      'cache/a',
      'cache/keep/b',
      'e/cache/keep/c',
      'z',
    ])
      put(name);
    const exclude = ['+ keep.tmp', '*.tmp', '+ /cache/keep/***', '/cache/*', 'e/**/c', '[y-z]'];
    expect(await both({ exclude })).toEqual([
      'cache',
      'cache/keep',
      'cache/keep/b',
      'd',
      'd/keep.tmp',
      'd/x',
      'e',
      'e/cache',
      'e/cache/keep',
      'keep.tmp',
    ]);
  });

  test('when directories are marked, whatever their names and those of what is in them', async () => {
    const odd = [
      'new\nline',
      'car\rriage',
      '*',
      '[a]',
      'back\\slash',
      'b\\*?',
      ' ',
      '\xff',
      'h\xc3\xa9',
      "it's",
      '-x',
      '#',
      ';',
      '!',
    ];
    for (const name of odd) for (const inner of ['.nobackup', 'in/deep', ...odd]) put(`${name}/${inner}`);
    for (const name of odd) put(`plain/${name}`);
    put('cache/CACHEDIR.TAG', `${CACHE_SIGNATURE}\n`);
    for (const name of [
      'cache/x',
      'no cache/x',
      'no cache/CACHEDIR.TAG',
      'marked by directory/.nobackup/x',
      'marked by directory/y',
    ])
      put(name);
    const names = await both({ filters: { excludeIfPresent: ['.nobackup'], excludeCaches: true } });
    expect(names.filter((name) => !name.startsWith('plain'))).toEqual(
      [
        ...odd.flatMap((name) => [name, `${name}/.nobackup`]),
        ...['cache', 'cache/CACHEDIR.TAG', 'no cache', 'no cache/CACHEDIR.TAG', 'no cache/x'],
        ...['marked by directory', 'marked by directory/.nobackup'],
      ].sort(),
    );
    expect(names.filter((name) => name.startsWith('plain/'))).toHaveLength(odd.length);
  });

  test('when files are left out for their size or age, whatever their names', async () => {
    const odd = [
      'new\nline',
      'car\rriage',
      '*',
      '[a]',
      'back\\slash',
      'b\\*?',
      ' x ',
      '\xff',
      'h\xc3\xa9',
      '-x',
      '#',
      '!',
    ];
    for (const name of odd) {
      put(`large/${name}`, 'x'.repeat(200));
      put(`small/${name}`);
    }
    put('old/file');
    age('old/file', 90_000);
    put('resting');
    age('resting', 7200);
    put('busy');
    symlinkSync('nowhere', join(at.path, 'link'));
    expect(await both({ filters: { maxFileSizeBytes: 100 } })).toHaveLength(odd.length + 7);
    await at.reset();
    put('resting');
    age('resting', 7200);
    put('old');
    age('old', 90_000);
    put('busy');
    expect(await both({ filters: { newerThanMs: 86_400_000, olderThanMs: 3_600_000 } })).toEqual(['resting']);
  });

  test('when a rule includes by name what is left out for another reason, or excludes a mark', async () => {
    for (const name of ['a/.nobackup', 'a/x', 'b/.nobackup']) put(name);
    put('large.log', 'x'.repeat(200));
    const filters = { excludeIfPresent: ['.nobackup'], maxFileSizeBytes: 100 };
    expect(await both({ exclude: ['+ *', '*.o'], filters })).toEqual(['a', 'a/.nobackup', 'b', 'b/.nobackup']);
    await at.reset();
    for (const name of ['a/.nobackup', 'a/x', 'keep']) put(name);
    expect(await both({ exclude: ['*.o', '.nobackup'], filters })).toEqual(['a', 'keep']);
  });

  test('under random rules', { timeout: 60_000 }, async () => {
    const names = ['a', 'b', 'ab', 'a.b', 'd'];
    for (const one of names) for (const two of names) for (const three of names) put(`${one}/${two}/${three}`);
    const pattern = fc.array(fc.constantFrom('a', 'b', 'd', '.', '/', '*', '**', '?', '[ab]', '***'), {
      minLength: 1,
      maxLength: 5,
    });
    const rule = fc.tuple(fc.constantFrom('', '- ', '+ '), pattern).map(([prefix, pieces]) => prefix + pieces.join(''));
    const rules = fc.array(rule, { minLength: 1, maxLength: 5 });
    for (const exclude of fc.sample(rules, { numRuns: 5, seed: 11 })) {
      rmSync(at.base, { recursive: true });
      mkdirSync(at.base);
      await both({ exclude });
    }
  });

  test('when an exclude file forgets the rules before it', async () => {
    const excludeFile = join(at.directory, 'rules');
    writeFileSync(excludeFile, Buffer.from('# comment\r\n*.a\n!\n*.b\n+ /d/\nd/\xff\n', 'latin1'));
    for (const name of ['x.a', 'x.b', 'x.c', 'd/\xff', 'd/y', 'm/.nobackup', 'm/z']) put(name);
    const filters = { excludeIfPresent: ['.nobackup'] };
    await at.backUp({ exclude: ['*.c'], excludeFile, filters });
    expect(mirrored()).toEqual(['d', 'd/y', 'm', 'm/.nobackup', 'x.a', 'x.c']);
  });
});

describe('one file system', () => {
  const mounted = (): string => join(at.path, 'mnt/disk');

  test('keeps mount points as empty directories, in both engines', async () => {
    for (const name of ['a', 'mnt/b']) put(name);
    mkdirSync(mounted(), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'none', mounted()]);
    try {
      for (const name of ['mnt/disk/x', 'mnt/disk/d/y']) put(name);
      for (const excludeIfPresent of [[], ['.nobackup']]) {
        const filters = { oneFileSystem: true, ...(excludeIfPresent.length > 0 && { excludeIfPresent }) };
        await at.backUp({ filters });
        expect(mirrored()).toEqual(['a', 'mnt', 'mnt/b', 'mnt/disk']);
        expect(await archived({ filters })).toEqual(mirrored());
      }
      expect(await archived({})).toContain('mnt/disk/d/y');
    } finally {
      execFileSync('umount', [mounted()]);
    }
  });
});

describe('what filters leave out of a mirror', () => {
  const filters = { excludeIfPresent: ['.nobackup'], maxFileSizeBytes: 100, newerThanMs: 86_400_000 };

  test('is not deleted from it, as rsync does with what its own rules exclude', async () => {
    for (const name of ['d/a', 'grows', 'ages', 'goes', 'stays']) put(name);
    await at.backUp({ filters });
    put('d/.nobackup');
    put('d/new');
    put('grows', 'x'.repeat(200));
    age('ages', 90_000);
    rmSync(join(at.path, 'goes'));
    const look = await at.inspect({ filters });
    expect(look).toMatchObject({ deletions: 1, firstDeleted: ['goes'], notes: ['Left out for size or age: 2 files.'] });
    await at.backUp({ filters });
    expect(mirrored()).toEqual(['ages', 'd', 'd/.nobackup', 'd/a', 'grows', 'stays']);
  });

  test('is deleted from it with --delete-excluded', async () => {
    put('d/a');
    put('b');
    await at.backUp({ filters });
    put('d/.nobackup');
    await at.backUp({ filters, rsyncOptions: ['--delete-excluded'] });
    expect(mirrored()).toEqual(['b', 'd', 'd/.nobackup']);
  });

  test('does not make a source look empty when all its files have become too old', async () => {
    for (const name of ['a', 'b', 'c', 'd']) put(name);
    await at.backUp({ filters });
    for (const name of ['a', 'b', 'c', 'd']) age(name, 90_000);
    expect(findDoubt({ ...(await at.inspect({ filters })), maxDeletePercent: 50 })).toBeUndefined();
    for (const name of ['a', 'b', 'c', 'd']) rmSync(join(at.path, name));
    expect(findDoubt({ ...(await at.inspect({ filters })), maxDeletePercent: 50 })?.reasons[0]).toBe('source-empty');
  });

  test('is for the run what it was when the run looked', async () => {
    for (const name of ['a', 'b']) put(name);
    await at.backUp({ filters });
    put('c', 'x'.repeat(200));
    await at.inspect({ filters });
    put('c');
    put('d', 'x'.repeat(200));
    await at.sync({ filters });
    expect(mirrored()).toEqual(['a', 'b', 'd']);
    expect(readdirSync(at.providers.spoolDirectory).filter((name) => name.startsWith('left-out-'))).toHaveLength(1);
  });

  test('is a mistake of the configuration when it is too much to be told to rsync one by one', {
    timeout: 60_000,
  }, async () => {
    put('small');
    execFileSync('sh', ['-c', 'mkdir many && cd many && seq 1 20001 | xargs touch -d "2 days ago"'], { cwd: at.path });
    await expect(at.sync({ filters }, { runId: 'too-many' })).rejects.toMatchObject({ type: 'ConfigInvalid' });
  });

  test('is not looked for where there is no source: rsync says so', async () => {
    put('a');
    const missing = await at.sync({ path: join(at.path, 'missing'), filters }).catch((error: unknown) => error);
    expect(missing).toMatchObject({ type: 'SourceMissing' });
  });
});
