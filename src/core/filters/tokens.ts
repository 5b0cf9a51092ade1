/** One piece of a pattern. */
export type PatternToken =
  | { readonly kind: 'byte'; readonly byte: string }
  /** `?`: any byte but `/`. */
  | { readonly kind: 'one' }
  /** `*`: any bytes but `/`. */
  | { readonly kind: 'some' }
  /** `**` and more: any bytes. */
  | { readonly kind: 'all' }
  /** `[…]`: one of these bytes; never `/`. */
  | { readonly kind: 'set'; readonly bytes: ReadonlySet<number> };

/** The pieces of a pattern with wildcards; undefined when it can match nothing, since a set is not closed, or nothing follows a backslash. */
export function readTokens(pattern: string): readonly PatternToken[] | undefined {
  const tokens: PatternToken[] = [];
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] as string;
    if (character === '*') {
      const end = endOfStars(pattern, at);
      tokens.push({ kind: end - at > 1 ? 'all' : 'some' });
      at = end;
    } else if (character === '[') {
      const set = readSet(pattern, at);
      if (set === undefined || set.bytes.size === 0) return undefined;
      tokens.push({ kind: 'set', bytes: set.bytes });
      at = set.end;
    } else if (character === '?') {
      tokens.push({ kind: 'one' });
      at += 1;
    } else {
      const escaped = character === '\\';
      const byte = pattern[escaped ? at + 1 : at];
      if (byte === undefined) return undefined;
      tokens.push({ kind: 'byte', byte });
      at += escaped ? 2 : 1;
    }
  }
  return tokens;
}

function endOfStars(pattern: string, start: number): number {
  let end = start;
  while (pattern[end] === '*') end += 1;
  return end;
}

/** As the C locale has them. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[\x21-\x7e]/,
  lower: /[a-z]/,
  print: /[\x20-\x7e]/,
  punct: /[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]/,
  space: /[\t-\r ]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

interface ReadSet {
  readonly bytes: ReadonlySet<number>;
  readonly end: number;
}

/** A set from its opening bracket on. */
function readSet(pattern: string, start: number): ReadSet | undefined {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at += 1;
  const members = new Set<number>();
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    const named = classEnd(pattern, at);
    const end = named === undefined ? addRange(members, pattern, at) : addClass(members, pattern, at, named);
    if (end === undefined) return undefined;
    at = end;
  }
  const bytes = ALL.filter((byte) => byte !== SLASH && members.has(byte) !== negated);
  return { bytes: new Set(bytes), end: at + 1 };
}

const SLASH = 0x2f;
const ALL = Array.from({ length: 255 }, (_, index) => index + 1);

/** Where the `]` of a `[:class:]` stands that begins here; undefined when none does. */
function classEnd(pattern: string, at: number): number | undefined {
  if (!pattern.startsWith('[:', at)) return undefined;
  const end = pattern.indexOf(']', at + 2);
  return end > at + 2 && pattern[end - 1] === ':' ? end : undefined;
}

function addClass(members: Set<number>, pattern: string, at: number, end: number): number | undefined {
  const named = CLASSES[pattern.slice(at + 2, end - 1)];
  if (named === undefined) return undefined;
  for (const byte of ALL) if (named.test(String.fromCharCode(byte))) members.add(byte);
  return end + 1;
}

/** A byte, or a range of them; gives where it ends. */
function addRange(members: Set<number>, pattern: string, at: number): number | undefined {
  // A class that is not closed leaves the whole set open.
  if (pattern.startsWith('[:', at) && !pattern.includes(']', at + 2)) return undefined;
  const low = readMember(pattern, at);
  if (low === undefined) return undefined;
  // rsync has compared with the low end before it sees that it begins a range.
  members.add(low.code);
  if (pattern[low.end] !== '-' || low.end + 1 >= pattern.length || pattern[low.end + 1] === ']') return low.end;
  const high = readMember(pattern, low.end + 1);
  for (let code = low.code; high !== undefined && code <= high.code; code += 1) members.add(code);
  return high?.end;
}

function readMember(pattern: string, at: number): { readonly code: number; readonly end: number } | undefined {
  const escaped = pattern[at] === '\\';
  const character = pattern[escaped ? at + 1 : at];
  if (character === undefined) return undefined;
  return { code: character.charCodeAt(0), end: at + (escaped ? 2 : 1) };
}
