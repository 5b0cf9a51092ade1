import { type FilterPattern, readPattern } from './pattern.js';
import type { PatternToken } from './tokens.js';

/** A path relative to the transfer's root, without leading or trailing `/`; a byte string. */
export type PathTest = (path: string, isDirectory: boolean) => boolean;

/** Whether a path matches a pattern (a byte string, without `+ ` and `- `). */
export function compilePattern(written: string): PathTest {
  const pattern = readPattern(written);
  return pattern === undefined ? () => false : testOf(pattern);
}

export function testOf(pattern: FilterPattern): PathTest {
  const matches = pattern.literal === undefined ? wildTest(pattern) : literalTest(pattern.literal, pattern.from);
  return pattern.directoriesOnly ? (path, isDirectory) => isDirectory && matches(path, isDirectory) : matches;
}

function literalTest(literal: string, from: FilterPattern['from']): PathTest {
  if (from === 'start') return (path) => path === literal;
  const tail = `/${literal}`;
  return (path) => path === literal || path.endsWith(tail);
}

function wildTest({ tokens, from, slashBefore, slashAfter }: FilterPattern): PathTest {
  const expression = new RegExp(`${from === 'start' ? '^' : '(?:^|/)'}${tokens.map(sourceOf).join('')}$`, 's');
  const before = slashBefore ? '/' : '';
  return (path, isDirectory) => expression.test(before + path + (slashAfter && isDirectory ? '/' : ''));
}

function sourceOf(token: PatternToken): string {
  switch (token.kind) {
    case 'byte':
      return codeUnit(token.byte.charCodeAt(0));
    case 'one':
      return '[^/]';
    case 'some':
      return '[^/]*';
    case 'all':
      return '.*';
    case 'set':
      return `[${Array.from(token.bytes, codeUnit).join('')}]`;
  }
}

const codeUnit = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`;
