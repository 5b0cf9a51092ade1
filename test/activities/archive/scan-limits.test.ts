import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRecords } from '../../../src/activities/archive/read-records.js';
import { CACHE_SIGNATURE, leftOutFiles } from '../../../src/core/filters/entry-filters.js';
import { compileRules } from '../../../src/core/filters/filters.js';
import type { ScanLimits } from '../../../src/core/scan/limits.js';
import { saidLine, scanScript } from '../../../src/core/scan/script.js';
import { parseScanComplaints } from '../../../src/core/scan/complaints.js';

const NOBODY = 65_534;
let directory: string;
let tree: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-limits-'));
  tree = join(directory, 'tree');
  mkdirSync(tree);
  chmodSync(directory, 0o777);
});
afterEach(() => {
  execFileSync('chmod', ['-R', 'u+rwx', directory]);
  rmSync(directory, { recursive: true, force: true });
});

const put = (path: string, content: string | Buffer = ''): void => {
  const file = Buffer.from(join(tree, path), 'latin1');
  mkdirSync(Buffer.from(join(tree, dirname(path)), 'latin1'), { recursive: true });
  writeFileSync(file, content);
};

interface Scan {
  /** Paths that the host listed; readRecords has checked their order. */
  readonly listed: readonly string[];
  /** What the worker keeps of them. */
  readonly kept: readonly string[];
  readonly complaints: readonly string[];
  readonly stages: Readonly<Record<string, number>>;
}

/** The real script in a shell of its own, as a user without rights. */
async function scan(limits: ScanLimits, nowMs = Date.now()): Promise<Scan> {
  const scratch = mkdtempSync(join(directory, 'scratch-'));
  chmodSync(scratch, 0o777);
  const stage = `stage() { stage_name=$1; shift; "$@"; set -- "$?"; echo "stage $stage_name $1" >&9; return "$1"; }`;
  const user = process.geteuid?.() === 0 ? ['setpriv', `--reuid=${NOBODY}`, '--clear-groups'] : ['env'];
  const script = `{ ${stage}\n${scanScript(tree, limits)}\n} >"$HOLDFAST_SCRATCH/records" 2>"$HOLDFAST_SCRATCH/words" 9>"$HOLDFAST_SCRATCH/stages"`;
  execFileSync(user[0] as string, [...user.slice(1), 'sh', '-c', script], {
    env: { PATH: process.env['PATH'], LC_ALL: 'C', HOLDFAST_SCRATCH: scratch },
  });
  const words = readFileSync(join(scratch, 'words'), 'latin1').split('\n');
  const said = words.map(saidLine).filter((line) => line !== undefined);
  const { complaints, unknown } = parseScanComplaints(said);
  expect(unknown).toEqual([]);
  const records = join(scratch, 'records');
  return {
    listed: await pathsOf(readRecords(records, compileRules([]))),
    kept: await pathsOf(
      readRecords(records, compileRules(limits.exclude ?? []), leftOutFiles(limits.filters ?? {}, nowMs)),
    ),
    complaints: complaints.map(({ path }) => path),
    stages: Object.fromEntries(
      readFileSync(join(scratch, 'stages'), 'latin1')
        .split('\n')
        .flatMap((line) => {
          const [, name, status] = /^stage (\S+) (\d+)$/.exec(line) ?? [];
          return name === undefined ? [] : [[name, Number(status)]];
        }),
    ),
  };
}

async function pathsOf(batches: AsyncIterable<readonly { readonly path: string }[]>): Promise<string[]> {
  const paths: string[] = [];
  for await (const batch of batches) paths.push(...batch.map(({ path }) => path));
  return paths.sort();
}

describe('an excluded directory', () => {
  test('is not entered: nothing of it is listed, and that it may not be read is no complaint', async () => {
    put('a');
    for (const name of ['cache/x', 'cache/deep/y', 'd/cache/z', 'd/kept']) put(name);
    chmodSync(join(tree, 'cache'), 0o000);
    chmodSync(join(tree, 'd/cache'), 0o000);
    const found = await scan({ exclude: ['*.tmp', 'cache/'] });
    expect(found).toMatchObject({ listed: ['', 'a', 'd', 'd/kept'], complaints: [], stages: { find: 0, sort: 0 } });
    expect(await scan({ exclude: [] })).toMatchObject({ complaints: ['cache', 'd/cache'], stages: { find: 1 } });
  });

  test('of which a part is included is entered no more, as rsync has it', async () => {
    put('d/keep/x');
    expect((await scan({ exclude: ['/d/', '+ /d/keep/'] })).listed).toEqual(['']);
    expect((await scan({ exclude: ['+ /d/', '+ /d/keep/', '/d/*'] })).listed).toEqual(['', 'd', 'd/keep', 'd/keep/x']);
  });

  test('is not entered under thousands of rules, of which those that do not fit into a command line are left to the worker', async () => {
    const rules = Array.from({ length: 20_000 }, (_, number) => `/d/some-long-directory-name-${number}/*.log`);
    put('first/x');
    put('last/x');
    const found = await scan({ exclude: ['/first/', ...rules, '/last/'] });
    expect(found.listed).toEqual(['', 'last', 'last/x']);
    expect(found.kept).toEqual(['']);
  });

  test('may have a name with every byte that a shell, find or a regular expression knows', async () => {
    const names = [
      "it's",
      'a b',
      '$(id)',
      '`id`',
      'a|b',
      'a+b',
      '(a)',
      '{1,2}',
      '^a$',
      'a.b',
      '\\d',
      '!',
      '-x',
      '~',
      '#',
      '*',
    ];
    for (const name of names) put(`${name}/in`);
    put('other/in');
    const literal = (name: string): string => `/${/[*?[]/.test(name) ? name.replace(/[\\*?[]/g, '\\$&') : name}/`;
    expect((await scan({ exclude: names.map(literal) })).listed).toEqual(['', 'other', 'other/in']);
  });
});

describe('a directory with a mark', () => {
  const limits: ScanLimits = { filters: { excludeIfPresent: ['.nobackup', 'skip me'], excludeCaches: true } };

  test('is kept with its mark, and all else in it is left out and not looked at', async () => {
    for (const name of [
      '-first',
      'a/.nobackup',
      'a/x',
      'a/sub/y',
      'b/skip me',
      'b/-z',
      'c/deep/er/.nobackup/in',
      'c/deep/er/z',
    ])
      put(name);
    put('c/deep/z');
    chmodSync(join(tree, 'a/sub'), 0o000);
    const found = await scan(limits);
    expect(found).toMatchObject({ complaints: [], stages: { find: 0, sort: 0, report: 0 } });
    expect(found.listed).toEqual([
      '',
      '-first',
      'a',
      'a/.nobackup',
      'b',
      'b/skip me',
      'c',
      'c/deep',
      'c/deep/er',
      'c/deep/er/.nobackup',
      'c/deep/z',
    ]);
  });

  test('may be the source itself', async () => {
    put('.nobackup');
    put('a/b');
    expect((await scan(limits)).listed).toEqual(['', '.nobackup']);
  });

  test('may be marked by a link to nowhere', async () => {
    put('a/x');
    symlinkSync('/nowhere', join(tree, 'a/.nobackup'));
    expect((await scan(limits)).listed).toEqual(['', 'a', 'a/.nobackup']);
  });

  test('is a cache only when the tag begins with the signature and is a file', async () => {
    put('cache/CACHEDIR.TAG', `${CACHE_SIGNATURE}\n# by some program\n`);
    put('exact/CACHEDIR.TAG', CACHE_SIGNATURE);
    put('empty/CACHEDIR.TAG');
    put('other/CACHEDIR.TAG', `Signature: 0${CACHE_SIGNATURE.slice(12)}`);
    put('binary/CACHEDIR.TAG', Buffer.alloc(100_000));
    for (const name of ['cache', 'exact', 'empty', 'other', 'binary', 'link', 'fifo']) put(`${name}/x`);
    symlinkSync('../cache/CACHEDIR.TAG', join(tree, 'link/CACHEDIR.TAG'));
    execFileSync('mkfifo', [join(tree, 'fifo/CACHEDIR.TAG')]);
    const { listed } = await scan(limits);
    const entered = ['cache', 'exact', 'empty', 'other', 'binary', 'link', 'fifo'].filter((name) =>
      listed.includes(`${name}/x`),
    );
    expect(entered).toEqual(['empty', 'other', 'binary', 'link', 'fifo']);
    expect((await scan({ filters: { excludeIfPresent: ['.nobackup'] } })).listed).toContain('cache/x');
  });

  test('changes nothing of what a tree without marks is, whatever its names', async () => {
    const names = [
      'new\nline',
      "it's",
      '-x',
      '!',
      '(',
      ' b ',
      '\xff\xfe',
      'h\xc3\xa9',
      '$(id)',
      'a.b',
      'a-b',
      'x'.repeat(200),
      '%p',
      '\\n',
    ];
    for (const name of names) for (const inner of ['f', ...names.slice(0, 4)]) put(`${name}/${inner}/end`);
    put(`${Array.from({ length: 60 }, (_, depth) => `level-${depth}`).join('/')}/end`);
    const plain = await scan({});
    expect(await scan(limits)).toMatchObject({ listed: plain.listed, complaints: [] });
    expect(plain.listed.length).toBeGreaterThan(200);
  });

  test('does not hide that a directory beside it cannot be read', async () => {
    for (const name of ['a/x', 'b/x', 'c/.nobackup', 'c/x']) put(name);
    chmodSync(join(tree, 'b'), 0o000);
    const found = await scan({ ...limits, exclude: ['/a/'] });
    expect(found).toMatchObject({
      listed: ['', 'b', 'c', 'c/.nobackup'],
      complaints: ['b'],
      stages: { find: 1, sort: 0 },
    });
  });
});

describe('files of a size or age', () => {
  test('are left out when they are larger than the limit, not when they reach it', async () => {
    put('small', 'x'.repeat(100));
    put('large', 'x'.repeat(101));
    mkdirSync(join(tree, 'directory'));
    expect((await scan({ filters: { maxFileSizeBytes: 100 } })).kept).toEqual(['', 'directory', 'small']);
  });

  test('are left out by their age, in whole seconds', async () => {
    const nowMs = 1_700_000_000_500;
    const ages = { old: 3600.6, 'just old': 3600, young: 3599, 'of the future': -10 };
    for (const [name, seconds] of Object.entries(ages)) {
      put(name);
      utimesSync(join(tree, name), 1_700_000_000 - seconds, 1_700_000_000 - seconds);
    }
    symlinkSync('old', join(tree, 'link'));
    expect((await scan({ filters: { newerThanMs: 3_600_000 } }, nowMs)).kept).toEqual([
      '',
      'link',
      'of the future',
      'young',
    ]);
    expect((await scan({ filters: { olderThanMs: 3_600_000 } }, nowMs)).kept).toEqual(['', 'just old', 'link', 'old']);
  });
});
