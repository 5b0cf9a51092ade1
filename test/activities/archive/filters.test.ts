import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileRules, patternsOfFile } from '../../../src/core/filters.js';
import { randomNumbers } from '../../support/random-tree.js';

const FILES = [
  ...['a', 'b', 'ab', 'a.b', 'aab', '-a', '[a]', 'a\\b', 'a*b', '.a', 'b1', 'é'],
  ...['d/a', 'd/b', 'd/ab', 'd/d/a', 'd/d/d/ab', 'd/b.d/a', 'd/b.d/b', 'd/b.d/d/a', 'd/-a', 'd/.a', 'd/[a]', 'd/b1'],
  ...['ad/a', 'ad/d/b', 'ad/ad/ab', 'ad/ad/ad/a', 'ad/b.d/d/b', 'a.d/a', 'a.d/a.d/a.b'],
];
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-filters-'));
  for (const file of FILES) {
    mkdirSync(join(root, 'source', dirname(file)), { recursive: true });
    writeFileSync(join(root, 'source', file), '');
  }
  mkdirSync(join(root, 'target'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const directories = [...new Set(FILES.flatMap((file) => parents(file)))];
function parents(file: string): string[] {
  const parent = dirname(file);
  return parent === '.' ? [] : [parent, ...parents(parent)];
}

/** What rsync itself would copy. */
function takenByRsync(lines: readonly string[]): string[] {
  const words = [
    '-a',
    '-n',
    '--8-bit-output',
    '--out-format=%n',
    '--exclude-from=-',
    '--',
    `${root}/source/`,
    `${root}/target/`,
  ];
  const printed = execFileSync('rsync', words, {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  const names = printed.split('\n').filter((name) => name !== '' && name !== './');
  // rsync prints what looks like its own escapes with one more.
  return names.map((name) => name.replace(/\/$/, '').replaceAll('\\#134', '\\')).sort();
}

function takenByUs(lines: readonly string[]): string[] {
  const filter = compileRules(patternsOfFile(lines.join('\n')));
  const bytes = (name: string): string => Buffer.from(name, 'utf8').toString('latin1');
  return [
    ...FILES.filter((file) => !filter.excludes(bytes(file), false)),
    ...directories.filter((directory) => !filter.excludes(bytes(directory), true)),
  ].sort();
}

test('every common form excludes what rsync excludes', () => {
  const forms = [
    ...[
      'a',
      '/a',
      'd/a',
      '/d/a',
      'd/',
      '/d/',
      'd/d/',
      '*',
      '/*',
      '*/',
      '/*/',
      'd/*',
      '/d/*',
      '*.d',
      '*.d/',
      '*/a',
      '/*/a',
    ],
    ...[
      '**',
      '/**',
      'd/**',
      '/d/**',
      '**/a',
      '/**/a',
      '**a',
      'a**',
      'd**a',
      '/d**a',
      '**/d/**',
      '**/',
      'd/**/',
      '/ad/**/a',
    ],
    ...[
      '***',
      'd/***',
      '/d/***',
      'b.d/***',
      '**/d/***',
      'd***',
      'd***a',
      '?',
      '??',
      '/?',
      'd/?',
      'd?a',
      '?/a',
      '.*',
      '-*',
    ],
    ...[
      '[ab]',
      '[!a]',
      '[^a]',
      '[a-b]',
      '[b-a]',
      '[]a]',
      '[!]a]',
      '[[]a]',
      '[a',
      '[[:alpha:]]',
      '[[:digit:]]*',
      '[[:nope:]]',
    ],
    ...[
      'd[/]a',
      'd[!x]a',
      '\\[a\\]',
      '\\a',
      'a\\b',
      'a\\\\b',
      'a\\*b',
      'a\\*b*',
      '*\\*b',
      'a\\',
      '*a\\',
      '[\\a]',
      '[a\\]',
      '[a\\-b]',
    ],
    ...[
      '/',
      '//',
      'd//',
      '//a',
      'é',
      '?é',
      '[é]',
      '??',
      '- a',
      '+ a',
      '!',
      '#a',
      ';a',
      ' a',
      'a ',
      '-a',
      '- -a',
      './a',
      'd/./a',
    ],
    ...[
      'a/',
      'ad/ad',
      '/ad/ad',
      'ad/*/a',
      'ad/**/ab',
      '*/*/*',
      '**/*/**',
      'd/*/',
      '/[ab]*/',
      'b.d/*',
      '*[!.]d',
      '[-a]*',
      '[a-]*',
    ],
  ];
  for (const form of forms) expect({ form, taken: takenByUs([form]) }).toEqual({ form, taken: takenByRsync([form]) });
});

test('random lists of rules exclude what rsync excludes', () => {
  const random = randomNumbers(5);
  const pieces = [
    'a',
    'b',
    'd',
    '.',
    '/',
    '/',
    '*',
    '*',
    '**',
    '?',
    '[ab]',
    '[!d]',
    'ad',
    'b.d',
    '***',
    '\\',
    '-',
    '1',
  ];
  const pattern = (): string =>
    Array.from({ length: 1 + Math.floor(random() * 5) }, () => pieces[Math.floor(random() * pieces.length)]).join('');
  const rule = (): string => (random() < 0.3 ? `+ ${pattern()}` : pattern());
  for (let run = 0; run < 120; run += 1) {
    const rules = Array.from({ length: 1 + Math.floor(random() * 4) }, rule);
    expect({ rules, taken: takenByUs(rules) }).toEqual({ rules, taken: takenByRsync(rules) });
  }
});
