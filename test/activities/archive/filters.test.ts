import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { excludedDirectories } from '../../../src/core/filters/find.js';
import { readRuleFile } from '../../../src/core/filters/rules.js';
import { compileRules } from '../../../src/core/filters/filters.js';

/** Byte strings. */
const FILES = [
  ...[
    'a',
    'b',
    'ab',
    'a.b',
    'aab',
    '-a',
    '[a]',
    'a\\b',
    'a*b',
    '.a',
    'b1',
    '\xc3\xa9',
    '\xff',
    'a\nb',
    ']',
    '^',
    'A b',
  ],
  ...['d/a', 'd/b', 'd/ab', 'd/d/a', 'd/d/d/ab', 'd/b.d/a', 'd/b.d/b', 'd/b.d/d/a', 'd/-a', 'd/.a', 'd/[a]', 'd/b1'],
  ...['ad/a', 'ad/d/b', 'ad/ad/ab', 'ad/ad/ad/a', 'ad/b.d/d/b', 'a.d/a', 'a.d/a.d/a.b', '\xc3\xa9d/\xff/a', 'a\nd/b'],
  ...['a*d/b', 'a\\d/a*/b', '[d]/a/b', '-d/a', ' d/a ', 'd1/2/3/4/5/a', '^d/]/a', 'd\xe9/d/a'],
];
const DIRECTORIES = [...new Set(FILES.flatMap((file) => parents(file)))];
let root: string;

function parents(file: string): string[] {
  const parent = dirname(file);
  return parent === '.' ? [] : [parent, ...parents(parent)];
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-filters-'));
  for (const file of FILES) {
    mkdirSync(bytes(join(root, 'source', dirname(file))), { recursive: true });
    writeFileSync(bytes(join(root, 'source', file)), '');
  }
  mkdirSync(join(root, 'target'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = (program: string, words: readonly string[], input: string): string =>
  execFileSync(program, words, {
    input: bytes(input),
    cwd: join(root, 'source'),
    encoding: 'latin1',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });

/** What rsync itself would copy. @param lines of a file of rules, as byte strings */
function takenByRsync(lines: readonly string[]): string[] {
  const options = ['-a', '-n', '--8-bit-output', '--out-format=%n', '--exclude-from=-'];
  const printed = run('rsync', [...options, '--', `${root}/source/`, `${root}/target/`], `${lines.join('\n')}\n`);
  return printed
    .split('\n')
    .filter((name) => name !== '' && name !== './')
    .map((name) =>
      name.replace(/\/$/, '').replace(/\\#(\d{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8))),
    )
    .sort();
}

function takenByUs(lines: readonly string[]): string[] {
  const filter = compileRules(readRuleFile(lines.join('\n')).rules);
  return [
    ...FILES.filter((file) => !filter.excludes(file, false)),
    ...DIRECTORIES.filter((directory) => !filter.excludes(directory, true)),
  ].sort();
}

/** The directories that find still looks at. */
function enteredByFind(lines: readonly string[]): string[] {
  const excluded = excludedDirectories(readRuleFile(lines.join('\n')).rules);
  const prune = excluded === undefined ? [] : ['-regextype', 'posix-extended', ...excluded, '-prune', '-o'];
  return run('find', ['.', ...prune, '-mindepth', '1', '-type', 'd', '-printf', '%P\\0'], '')
    .split('\0')
    .slice(0, -1)
    .sort();
}

const ofDirectories = (names: readonly string[]): string[] => names.filter((name) => DIRECTORIES.includes(name));

function expectTheSame(lines: readonly string[]): void {
  const taken = takenByRsync(lines);
  expect({ lines, taken: takenByUs(lines) }).toEqual({ lines, taken });
  const entered = enteredByFind(lines);
  // Single bytes that are no text cannot be told to find: it may enter more than it need.
  if (/^[\x00-\x7f]*$/.test(lines.join('')))
    expect({ lines, entered }).toEqual({ lines, entered: ofDirectories(taken) });
  else expect(entered).toEqual(expect.arrayContaining(ofDirectories(taken)));
}

const FORMS = `
a /a d/a /d/a d/ /d/ d/d/ * /* */ /*/ d/* /d/* *.d *.d/ */a /*/a
** /** d/** /d/** **/a /**/a **a a** d**a /d**a **/d/** **/ d/**/ /ad/**/a
*** d/*** /d/*** b.d/*** **/d/*** d*** d***a ? ?? /? d/? d?a ?/a .* -* d/**** /d**** **d/*** d/*/*** */*** a**/*** ?***
[ab] [!a] [^a] [a-b] [b-a] []a] [!]a] [[]a] [a [[:alpha:]] [[:digit:]]* [[:nope:]] [[:]] [[::]] [[:AL:]] [[:alpha] [[:al-pha:]]
[a-[:digit:]] [a-c-e] [--a] [^^] [!!] [^-] [-^] [^]-] [].] [*]* [**]a a/[**] [**/]x \\**a a\\** [[:upper:]]* [[:punct:]]a*
d[/]a d[!x]a [a/]a a[/]**  \\[a\\] \\a a\\b a\\\\b a\\*b a\\*b* *\\*b a\\ *a\\ [\\a] [a\\] [a\\-b] [\\]] [+-9]a [!+-9]a d[+-9]a /[+-9]*
/ // d// //a - -a ./a d/./a #a ;a a/ ad/ad /ad/ad ad/*/a ad/**/ab */*/* **/*/** d/*/ /[ab]*/ b.d/* *[!.]d [-a]* [a-]*
`
  .split(/\s+/)
  .filter((form) => form !== '');
const SPACED = [
  '- a',
  '+ a',
  '!',
  '!a',
  ' a',
  'a ',
  '- -a',
  '- !',
  '+ /d/',
  '\xc3\xa9',
  '?\xc3\xa9',
  '[\xc3\xa9]',
  '\xff',
  '*\xff',
  '[\xff]',
  'd[\xe9]',
];

test.each([FORMS.slice(0, 60), FORMS.slice(60, 120), FORMS.slice(120), SPACED])(
  'a rule of each form leaves out what rsync leaves out',
  (...forms) => {
    for (const form of forms) expectTheSame([form]);
  },
);

const PIECES = [
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
  '[',
  ']',
  '^',
  '[^/a]',
  '[[:alpha:]]',
  ' ',
  '\xc3\xa9',
  'd/',
  '/d',
];
const pattern = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
const rule = fc.tuple(fc.constantFrom('', '', '- ', '+ ', '+ '), pattern).map(([prefix, body]) => prefix + body);
const rules = fc.array(
  fc.oneof({ weight: 12, arbitrary: rule }, { weight: 1, arbitrary: fc.constantFrom('!', '# a', '') }),
  { minLength: 1, maxLength: 6 },
);

test('random lists of rules leave out what rsync leaves out, and find enters no directory that they exclude', {
  timeout: 120_000,
}, () => {
  fc.assert(fc.property(rules, expectTheSame), { numRuns: 200, seed: 5 });
});
