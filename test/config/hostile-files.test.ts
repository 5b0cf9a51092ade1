import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { ConfigInvalidError, loadConfig, parseConfig } from '../../src/config/load.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const VALID = 'config: {backup_base: /b}\nhosts:\n  a:\n    paths:\n      - path: /a\n';

function problemsOf(text: string): readonly string[] {
  try {
    parseConfig(text, 'f');
    return [];
  } catch (error) {
    if (error instanceof ConfigInvalidError) return error.problems.map(({ message }) => message);
    throw error;
  }
}

const DEEP = 20_000;
test.each([
  ['brackets', '['.repeat(DEEP)],
  ['closed brackets', '['.repeat(DEEP) + ']'.repeat(DEEP)],
  ['braces', '{a: '.repeat(DEEP)],
  ['dashes', '- '.repeat(DEEP)],
  ['questions', '? '.repeat(DEEP)],
  ['keys', Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
])('%s nested 20,000 deep are refused before they are parsed, even after many other parses', (_name, text) => {
  for (let round = 0; round < 5; round += 1) problemsOf(VALID);
  expect(problemsOf(text)).toEqual(['the YAML is nested more than 64 deep; nest it less']);
});

test('what is nested 60 deep is parsed', () => {
  expect(problemsOf('['.repeat(60) + ']'.repeat(60))).toEqual([
    'a list is not a mapping; write a mapping (KEY: VALUE)',
  ]);
});

test('an alias bomb is refused without being blown up', () => {
  const levels = Array.from({ length: 30 }, (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`);
  const problems = problemsOf(`l0: &l0 [x]\n${levels.join('\n')}\n`);
  expect(problems).toContain(
    'aliases (* before a name) are not read; write the value out, in quotes where it begins with *',
  );
});

test.each([
  ['commas', `[${','.repeat(1_000_000)}]`],
  ['tags', '!a '.repeat(340_000)],
])('a megabyte of %s is refused, not parsed for minutes', (_name, text) => {
  expect(problemsOf(text).length).toBeGreaterThan(0);
});

test('__proto__ and its like change nothing and are named', () => {
  const problems = problemsOf(`${VALID}__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n`);
  expect(problems[0]).toBe('this word cannot be a key; choose another');
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('names of Object’s own members are names like others', () => {
  const { hosts } = parseConfig(
    'config: {backup_base: /b}\nhosts: {constructor: {paths: [{path: /a}]}, toString: {paths: [{path: /a}]}}',
    'f',
  );
  expect(hosts.map(({ name }) => name)).toEqual(['constructor', 'toString']);
});

test.each([
  ['a byte order mark', `\ufeff${VALID}`],
  ['carriage returns', VALID.replaceAll('\n', '\r\n')],
  ['a comment first', `# x\n${VALID}`],
])('a file with %s is read', (_name, text) => {
  expect(problemsOf(text)).toEqual([]);
});

test('a file of 50 MB is refused without being read', async () => {
  const file = join(folder, 'big.yaml');
  writeFileSync(file, VALID);
  truncateSync(file, 50_000_000);
  await expect(loadConfig(file)).rejects.toThrow('the file has 50000000 bytes, more than 1048576 (1 MiB)');
});

test('a directory, a pipe and a file that is not UTF-8 are refused, not waited for', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const latin = join(folder, 'latin.yaml');
  writeFileSync(latin, Buffer.from('# caf\xe9\n', 'latin1'));
  await expect(loadConfig(folder)).rejects.toThrow('this is not a regular file');
  await expect(loadConfig(pipe)).rejects.toThrow('this is not a regular file');
  await expect(loadConfig(latin)).rejects.toThrow('the file is not UTF-8 text');
});

const whole = [
  VALID,
  'ssh_options: {Ciphers: x}',
  '    ssh_port: 22\n',
  'schedules:\n  n: {cron: "0 1 * * *"}\n',
  'destinations: {o: {type: s3, bucket: bbb, secret_access_key: {env: X}}}\n',
  ...[
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '!x ',
    '"',
    "'",
    '|',
    '>',
    '- ',
    '? ',
    ': ',
    '\n',
    '\t',
    '#',
    '%',
    '---',
    '\u0000',
    '\ud800',
    'null',
    '1e999',
    '.nan',
    '0x',
    '~',
  ],
];
test('no mutation of a file does more than name mistakes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...whole), fc.nat(200), fc.nat(20)), { minLength: 1, maxLength: 8 }),
      (edits) => {
        const text = edits.reduce(
          (before, [part, at, cut]) => before.slice(0, at) + part + before.slice(at + cut),
          `${VALID}schedules: {}\n`,
        );
        problemsOf(text);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('any JSON is either valid or has named mistakes, each with a place in the file', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      try {
        parseConfig(text, 'f');
      } catch (error) {
        if (!(error instanceof ConfigInvalidError)) throw error;
        for (const { line, column, message } of error.problems) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(message).not.toBe('');
        }
      }
    }),
    { numRuns: 200 },
  );
});
