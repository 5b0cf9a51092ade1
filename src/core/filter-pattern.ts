/**
 * Patterns of rsync(1) ("INCLUDE/EXCLUDE PATTERN RULES") as a test on byte strings. Bytes are matched, not characters: `?` is one byte.
 */

/** A path relative to the transfer's root, without leading or trailing `/`. */
export type PathTest = (path: string, isDirectory: boolean) => boolean;

export function compilePattern(written: string): PathTest {
  const directoriesOnly = written.length > 1 && written.endsWith('/');
  const pattern = directoriesOnly ? written.slice(0, -1) : written;
  const matches = /[*?[]/.test(pattern) ? wildTest(pattern) : literalTest(pattern);
  return directoriesOnly ? (path, isDirectory) => isDirectory && matches(path, isDirectory) : matches;
}

/** Without wildcards a backslash is a character like any other. */
function literalTest(pattern: string): PathTest {
  if (pattern.startsWith('/')) {
    const anchored = pattern.slice(1);
    return (path) => path === anchored;
  }
  const tail = `/${pattern}`;
  return (path) => path === pattern || path.endsWith(tail);
}

function wildTest(pattern: string): PathTest {
  const anchored = pattern.startsWith('/');
  const body = anchored ? pattern.slice(1) : pattern;
  const source = wildSource(body);
  if (source === undefined) return () => false;
  // `dir/***` is the directory as well as all below it.
  const wholeDirectory = body.endsWith('/***') || body === '***';
  // A leading `**/` may stand for nothing at all.
  const fromStart = anchored || pattern.startsWith('**');
  const test = new RegExp(`${fromStart ? '^' : '(?:^|/)'}(?:${source})$`, 's');
  const before = !anchored && pattern.startsWith('**') ? '/' : '';
  return (path, isDirectory) => {
    const name = isDirectory && wholeDirectory ? `${path}/` : path;
    return test.test(name) || (before !== '' && test.test(before + name));
  };
}

/** The pattern as the source of a regular expression; undefined when it can match nothing (an unclosed `[`). */
function wildSource(pattern: string): string | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] as string;
    if (character === '*') {
      const end = endOfStars(pattern, at);
      source += end - at > 1 ? '.*' : '[^/]*';
      at = end;
    } else if (character === '?') {
      source += '[^/]';
      at += 1;
    } else if (character === '[') {
      const set = readSet(pattern, at);
      if (set === undefined) return undefined;
      source += set.source;
      at = set.end;
    } else if (character === '\\') {
      if (at + 1 === pattern.length) return undefined;
      source += literal(pattern[at + 1] as string);
      at += 2;
    } else {
      source += literal(character);
      at += 1;
    }
  }
  return source;
}

function endOfStars(pattern: string, start: number): number {
  let end = start;
  while (pattern[end] === '*') end += 1;
  return end;
}

const codeUnit = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`;
const literal = (character: string): string => codeUnit(character.charCodeAt(0));

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e',
  space: '\\t-\\r ',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** A set `[…]` from its opening bracket on. */
function readSet(pattern: string, start: number): { readonly source: string; readonly end: number } | undefined {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at += 1;
  let members = '';
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    if (at >= pattern.length) return undefined;
    const named = /^\[:([a-z]*):\]/.exec(pattern.slice(at));
    if (named) {
      const namedMembers = CLASSES[named[1] as string];
      if (namedMembers === undefined) return undefined;
      members += namedMembers;
      at += named[0].length;
      continue;
    }
    const low = readMember(pattern, at);
    if (low === undefined) return undefined;
    at = low.end;
    if (pattern[at] !== '-' || at + 1 >= pattern.length || pattern[at + 1] === ']') {
      members += codeUnit(low.code);
      continue;
    }
    const high = readMember(pattern, at + 1);
    if (high === undefined) return undefined;
    at = high.end;
    // rsync has compared with the low end before it sees that it begins a range.
    members += codeUnit(low.code);
    if (low.code <= high.code) members += `${codeUnit(low.code)}-${codeUnit(high.code)}`;
  }
  return { source: `(?!/)[${negated ? '^' : ''}${members}]`, end: at + 1 };
}

function readMember(pattern: string, at: number): { readonly code: number; readonly end: number } | undefined {
  const escaped = pattern[at] === '\\';
  const character = pattern[escaped ? at + 1 : at];
  if (character === undefined) return undefined;
  return { code: character.charCodeAt(0), end: at + (escaped ? 2 : 1) };
}
