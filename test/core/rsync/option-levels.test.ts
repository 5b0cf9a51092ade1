import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinRsyncLevels } from '../../../src/core/rsync/options.js';

/** The rule by which the options of configuration, host and path come together, with the rsync of this machine as the judge. */

const join3 = (...levels: string[]): string =>
  joinRsyncLevels(levels.map((line) => line.split(' ').filter(Boolean))).join(' ');

describe('joining levels', () => {
  test.each([
    // The table of docs/mirror.md.
    [['-z', '', ''], '-z'],
    [['-z', '--no-z', ''], '--no-z'],
    [['-z', '-z', ''], '-z'],
    [['-zz', '-z', ''], '-z'],
    [['-avx', '-x', ''], '-a --verbose -x'],
    [['--timeout=30', '--timeout 60', ''], '--timeout=30 --timeout 60'],
    [['--bwlimit=1m', '', '--bwlimit=5m'], '--bwlimit=1m --bwlimit=5m'],
    [['--exclude=a', '', '--include=a'], '--include=a --exclude=a'],
    [['--exclude=a -z', '--exclude=b', '--exclude=c'], '-z --exclude=c --exclude=b --exclude=a'],
  ] as const)('%j', (levels, expected) => {
    expect(join3(...levels)).toBe(expected);
  });

  test('one level stays as a person wrote it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('-avz', '-xx', '--exclude', 'a b', '-f', '--no-z', '-z', '-z')), (words) => {
        expect(joinRsyncLevels([[], words, []])).toEqual(words);
      }),
    );
  });

  test('joined in steps they are what they are joined at once', () => {
    const levels = fc.array(
      fc.array(fc.constantFrom('-z', '-zz', '--no-z', '-x', '--exclude=a', '--include=b', '-aH'), { maxLength: 3 }),
      {
        minLength: 3,
        maxLength: 3,
      },
    );
    const counted = (words: readonly string[]) => words.filter((word) => !/clude/.test(word));
    fc.assert(
      fc.property(levels, ([a = [], b = [], c = []]) => {
        expect(counted(joinRsyncLevels([joinRsyncLevels([a, b]), c]))).toEqual(counted(joinRsyncLevels([a, b, c])));
      }),
    );
  });
});

describe('what rsync makes of them', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-levels-'));
    writeFileSync(join(directory, 'shell'), '#!/bin/sh\nshift\nprintf "%s\\n" "$*" >&2\nexit 1\n');
    chmodSync(join(directory, 'shell'), 0o755);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** rsync tells its other end what it has understood: the letters in any order. */
  function understood(words: readonly string[]): string {
    const all = [...words, '-e', join(directory, 'shell'), '--', 'host:/source/', join(directory, 'mirror/')];
    try {
      execFileSync('rsync', all, {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      });
    } catch (error) {
      const [line = ''] = String((error as { stderr: Buffer }).stderr).split('\n');
      return line
        .split(' ')
        .map((word) => (/^-[a-zA-Z]/.test(word) ? `-${[...word.replace(/e\..*$/, '')].sort().join('')}` : word))
        .sort()
        .join(' ');
    }
    throw new Error('rsync was to end with the code of its shell');
  }

  /** Each with its negation; none forbids another, none reads a file. */
  const switches = [
    '-r',
    '-l',
    '-p',
    '-t',
    '-g',
    '-o',
    '-D',
    '-H',
    '-A',
    '-X',
    '-S',
    '-z',
    '-x',
    '-U',
    '-c',
    '-I',
    '-u',
    '-O',
    '-J',
    '-W',
    '-m',
  ];
  const long: Readonly<Record<string, string>> = {
    '-r': 'recursive',
    '-H': 'hard-links',
    '-X': 'xattrs',
    '-z': 'compress',
    '-S': 'sparse',
    '-x': 'one-file-system',
  };
  const word = fc.oneof(
    fc.constantFrom(...switches),
    fc.constantFrom(...switches).map((letter) => `--no-${letter.slice(1)}`),
    fc.constantFrom(...Object.values(long)).map((name) => `--${name}`),
    fc.constantFrom(...Object.values(long)).map((name) => `--no-${name}`),
    fc
      .array(fc.constantFrom(...'lptgoDHAXSzxUc'.split('')), { minLength: 1, maxLength: 5 })
      .map((letters) => `-${letters.join('')}`),
    fc.constantFrom('-a', '-aHAX', '--archive', '--inplace', '--no-inplace', '--numeric-ids', '--no-numeric-ids'),
    fc.integer({ min: 1, max: 99 }).map((seconds) => `--timeout=${seconds}`),
    fc.integer({ min: 1, max: 99 }).map((value) => `-@${value}`),
  );
  const level = fc.array(word, { maxLength: 5 });

  /** The rule in the most simple-minded way: of what rsync counts, the nearest level that says anything says all. */
  function byRule(levels: readonly (readonly string[])[]): string[] {
    const kinds: readonly RegExp[] = ['H:hard-links', 'X:xattrs', 'z:compress', 'x:one-file-system', 'U:atimes'].map(
      (pair) => {
        const [letter = '', name = ''] = pair.split(':');
        return new RegExp(`^(?:-[A-Za-z]*${letter}[A-Za-z]*|--(?:no-)?${name}|--no-${letter})$`);
      },
    );
    const letters = 'HXzxU';
    return levels.flatMap((words, at) =>
      words.flatMap((one) => {
        const later = levels.slice(at + 1).flat();
        let left = one;
        for (const [index, kind] of kinds.entries()) {
          if (!kind.test(left) || !later.some((other) => kind.test(other))) continue;
          if (left.startsWith('--')) return [];
          left = left.replaceAll(letters[index] as string, '');
          if (left === '-') return [];
        }
        return [left];
      }),
    );
  }

  test('is what it makes of all levels in a row, but that what it counts is what the nearest level says', () => {
    fc.assert(
      fc.property(fc.tuple(level, level, level), (levels) => {
        expect(understood(joinRsyncLevels(levels))).toBe(understood(byRule(levels)));
      }),
      { numRuns: 150 },
    );
  });

  test('without counted options nothing but the order of levels matters', () => {
    const plain = level.map((words) => words.filter((one) => !/H|X|x|z|U|compress|hard|xattr|one-file/.test(one)));
    fc.assert(
      fc.property(fc.tuple(plain, plain, plain), (levels) => {
        expect(understood(joinRsyncLevels(levels))).toBe(understood(levels.flat()));
      }),
      { numRuns: 60 },
    );
  });

  test('a value in the next word and one after “=” are the same, and the nearer counts', () => {
    const from = (...levels: string[][]) => understood(joinRsyncLevels(levels));
    expect(from(['--timeout', '30'], ['--timeout=60'])).toBe(understood(['--timeout=60']));
    expect(from(['--timeout=60'], ['--timeout', '30'])).toBe(understood(['--timeout=30']));
    expect(from(['--modify-window=3'], ['-@', '5'])).toBe(understood(['-@5']));
    expect(from(['-a'], ['--no-perms'], ['-p'])).toBe(understood(['-a']));
    expect(from(['--compress'], ['--no-z'])).toBe(understood([]));
  });
});
