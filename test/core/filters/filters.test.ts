import { describe, expect, test } from 'vitest';
import { includeRule, readRuleFile, rulesInForce } from '../../../src/core/filters/rules.js';
import { compileRules } from '../../../src/core/filters/filters.js';

/** Whether one pattern excludes a path; a trailing `/` makes it a directory. */
const excluded = (patterns: string | readonly string[], path: string): boolean =>
  compileRules(typeof patterns === 'string' ? [patterns] : patterns).excludes(
    path.replace(/\/$/, ''),
    path.endsWith('/'),
  );

describe('an exclude pattern', () => {
  test.each([
    ['*.o', 'a.o', true],
    ['*.o', 'd/a.o', true],
    ['*.o', 'a.o/in', true],
    ['*.o', 'a.c', false],
    ['foo', 'foo', true],
    ['foo', 'd/foo', true],
    ['foo', 'd/xfoo', false],
    ['/foo', 'foo', true],
    ['/foo', 'd/foo', false],
    ['foo/', 'foo/', true],
    ['foo/', 'foo', false],
    ['d/foo', 'd/foo', true],
    ['d/foo', 'x/d/foo', true],
    ['d/foo', 'xd/foo', false],
    ['/d/*/x', 'd/a/x', true],
    ['/d/*/x', 'd/a/b/x', false],
    ['/d/**/x', 'd/a/b/x', true],
    ['/d/**', 'd/a/b', true],
    ['/d/**', 'd/', false],
    ['/d/***', 'd/', true],
    ['/d/***', 'd/a', true],
    ['**/x', 'x', true],
    ['**/x', 'a/b/x', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[[:digit:]]', '7', true],
    ['[[:digit:]]', 'x', false],
    ['[]x]', ']', true],
    ['[a-', '[a-', false],
    ['a\\*b*', 'a*bc', true],
    ['a\\*b*', 'axbc', false],
    ['back\\slash', 'back\\slash', true],
    ['*é', 'dé', false],
  ])('%s against %s: %s', (pattern, path, expected) => {
    expect(excluded(pattern, path)).toBe(expected);
  });

  test('is text, and matches the bytes of that text', () => {
    const bytes = Buffer.from('dé', 'utf8').toString('latin1');
    expect(excluded('*é', bytes)).toBe(true);
    expect(excluded('d??', bytes)).toBe(true);
  });
});

describe('rules', () => {
  test('decide by the first that matches', () => {
    const rules = ['+ /keep.o', '*.o'];
    expect(excluded(rules, 'keep.o')).toBe(false);
    expect(excluded(rules, 'other.o')).toBe(true);
  });

  test('exclude all that lies below an excluded directory, even what a later rule includes', () => {
    const rules = ['/d/', '+ /d/keep'];
    expect(excluded(rules, 'd/keep')).toBe(true);
    expect(excluded(rules, 'd/e/f/g')).toBe(true);
    expect(excluded(rules, 'de/f')).toBe(false);
  });

  test('can include one path down a tree and nothing else', () => {
    const rules = ['+ /a/', '+ /a/b/', '+ /a/b/***', '*'];
    expect(['a/', 'a/b/', 'a/b/c', 'x', 'a/x'].map((path) => excluded(rules, path))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  test('never exclude the root', () => expect(excluded('*', '')).toBe(false));
  test('after a lone ! forget those before', () => expect(excluded(['*.o', '!', '*.c'], 'a.o')).toBe(false));
  test('take "- " for what they are', () => expect(excluded('- *.o', 'a.o')).toBe(true));

  test('give the same answer in any order of questions', () => {
    const filter = compileRules(['/x/y/', 'z']);
    const questions = ['x/a', 'x/y/b', 'x/a/z/q', 'x', 'x/y', 'x/yy/a', 'z/1', 'x/y/c/d', 'w/x/y/b'];
    const answers = (order: readonly string[]) => new Map(order.map((path) => [path, filter.excludes(path, false)]));
    const forward = answers(questions);
    const backward = answers([...questions].reverse());
    for (const path of questions) expect(backward.get(path)).toBe(forward.get(path));
    expect(questions.filter((path) => forward.get(path))).toEqual(['x/y/b', 'x/a/z/q', 'z/1', 'x/y/c/d']);
  });
});

describe('a file of rules', () => {
  test('has comments, empty lines and lines of any system', () => {
    expect(readRuleFile('# no\n; no\n\n*.o\n + odd\r\n#\r+ x\n')).toEqual({ rules: ['*.o', ' + odd', '+ x'] });
  });

  test('may hold bytes that are no text, which match themselves', () => {
    const { rules } = readRuleFile('caf\xe9/\ncaf\xc3\xa9\nend\0of line');
    expect(rules).toEqual([{ base64: Buffer.from('caf\xe9/', 'latin1').toString('base64') }, 'café', 'end']);
    expect(compileRules(rules).excludes('caf\xe9', true)).toBe(true);
    expect(compileRules(rules).excludes('caf\xe8', true)).toBe(false);
  });

  test.each([
    ['*.o\n+ \n', 'line 2 has a prefix and no pattern'],
    [`- ${'x'.repeat(5000)}`, 'line 1 is longer than the 4095 bytes that rsync takes'],
  ])('names the line that rsync would not take', (content, problem) => {
    expect(readRuleFile(content).problem).toBe(problem);
  });
});

test('a pattern of include is a rule that includes, unless it says otherwise', () => {
  expect(['a', '- a', '+ a', '!', '!a'].map(includeRule)).toEqual(['+ a', '- a', '+ a', '!', '+ !a']);
});

test('rules in force are those after the last lone !', () => {
  expect(rulesInForce(['a', '!', 'b', '!', 'c'])).toEqual({ cleared: true, rules: ['c'] });
  expect(rulesInForce(['a', '+ !'])).toEqual({ cleared: false, rules: ['a', '+ !'] });
});

test('thousands of names are looked up, in their order among the other rules', () => {
  const names = Array.from({ length: 5000 }, (_, number) => `name-${number}`);
  const filter = compileRules([
    '+ keep-*',
    ...names,
    '+ /d/late',
    '/d/*',
    '/d/late',
    ...names.map((name) => `+ ${name}`),
  ]);
  expect(
    ['name-7', 'keep-name-7', 'd/late', 'd/other', 'x/name-4999', 'name-5000'].map((path) =>
      filter.excludes(path, false),
    ),
  ).toEqual([true, false, false, true, true, false]);
  const start = performance.now();
  for (let number = 0; number < 100_000; number += 1) filter.excludes(`some/file-${number}`, false);
  expect(performance.now() - start).toBeLessThan(2000);
});
