import { utf8Of } from '../entries/entry.js';
import { type FilterPattern, readPattern } from './pattern.js';
import { type FilterRule, readRule } from './rules.js';
import type { PatternToken } from './tokens.js';

/** Beyond this the rest of the rules is left to the worker: a command line has an end. */
const MAX_EXPRESSION_BYTES = 48 * 1024;
/** Of one regular expression. */
const MAX_GROUP_BYTES = 8 * 1024;

/**
 * Words of a find(1) expression that is true for directories which the rules exclude, so that find does not enter them; undefined when there are
 * none. True only where it is certain, for names found from `.` under LC_ALL=C: the worker decides again. To stand after `-regextype posix-extended`.
 */
export function excludedDirectories(rules: readonly FilterRule[]): readonly string[] | undefined {
  const groups = groupsOf(rules);
  const last = groups.findLastIndex(({ kind }) => kind === 'exclude');
  if (last < 0) return undefined;
  const words = groups.slice(0, last + 1).reduceRight<readonly string[]>((rest, { kind, expressions }) => {
    const tests = expressions.flatMap((expression) => ['-o', '-regex', expression]).slice(1);
    if (kind === 'exclude') return ['(', ...tests, ...(rest.length === 0 ? [] : ['-o', ...rest]), ')'];
    return ['(', '!', '(', ...tests, ')', ...rest, ')'];
  }, []);
  return ['-type', 'd', '!', '-path', '.', ...words];
}

interface Group {
  readonly kind: 'include' | 'exclude';
  /** Extended regular expressions of POSIX for the whole name that find tests. */
  readonly expressions: string[];
}

/** Rules in order, neighbours of one kind together. What follows a rule that find cannot be told, and that includes, is not certain. */
function groupsOf(rules: readonly FilterRule[]): readonly Group[] {
  let groups: Group[] = [];
  let bytes = 0;
  for (const written of rules) {
    const rule = readRule(written);
    if (rule === undefined) continue;
    if (rule.kind === 'clear') {
      groups = [];
      bytes = 0;
      continue;
    }
    const pattern = readPattern(rule.pattern);
    if (pattern === undefined) continue;
    const expression = utf8Of(expressionOf(pattern));
    if (expression === undefined) {
      if (rule.kind === 'include') break;
      continue;
    }
    bytes += expression.length * 2;
    if (bytes > MAX_EXPRESSION_BYTES) break;
    append(groups, rule.kind, expression);
  }
  return groups;
}

function append(groups: Group[], kind: Group['kind'], expression: string): void {
  if (groups.at(-1)?.kind !== kind) groups.push({ kind, expressions: [] });
  const { expressions } = groups.at(-1) as Group;
  const last = expressions.at(-1);
  if (last === undefined || last.length + expression.length > MAX_GROUP_BYTES) expressions.push(expression);
  else expressions[expressions.length - 1] = `${last}|${expression}`;
}

/** find's names begin with `./`. */
function expressionOf({ tokens, from, slashBefore, slashAfter }: FilterPattern): string {
  const start = slashBefore ? '\\.' : from === 'start' ? '\\./' : '\\./(.*/)?';
  const source = tokens.map(sourceOf).join('');
  const directory = slashAfter ? directoryItself(tokens) : undefined;
  return start + (directory === undefined ? source : `(${source}|${directory})`);
}

/** What of `dir/***` is left for `dir`: only a slash that is written can match the one after a directory. */
function directoryItself(tokens: readonly PatternToken[]): string | undefined {
  const slash = tokens.at(-2);
  if (slash?.kind !== 'byte' || slash.byte !== '/') return undefined;
  return tokens.slice(0, -2).map(sourceOf).join('');
}

function sourceOf(token: PatternToken): string {
  switch (token.kind) {
    case 'byte':
      return /[[\]\\.^$*+?{}()|]/.test(token.byte) ? `\\${token.byte}` : token.byte;
    case 'one':
      return '[^/]';
    case 'some':
      return '[^/]*';
    case 'all':
      return '.*';
    case 'set':
      return setSource(token.bytes);
  }
}

/** Few bytes one by one; of many those that are not among them. The order keeps each from meaning something else in a set. */
function setSource(bytes: ReadonlySet<number>): string {
  const most = bytes.size > 128;
  const listed = most ? NAME_BYTES.filter((byte) => !bytes.has(byte)) : [...bytes];
  if (listed.length === 0) return '[^/]';
  const characters = listed.map((byte) => String.fromCharCode(byte));
  if (!most && characters.every((character) => SPECIAL.includes(character)))
    return `(${characters.map((character) => `\\${character}`).join('|')})`;
  const plain = characters.filter((character) => !SPECIAL.includes(character)).join('');
  const special = SPECIAL.filter((character) => characters.includes(character));
  const first = special.includes(']') ? ']' : '';
  const end = ['[', '^', '-'].filter((character) => special.includes(character)).join('');
  return `[${most ? '^' : ''}${first}${plain}${most ? '/' : ''}${end}]`;
}

const SPECIAL: readonly string[] = [']', '[', '^', '-'];
const NAME_BYTES = Array.from({ length: 255 }, (_, index) => index + 1).filter((byte) => byte !== 0x2f);
