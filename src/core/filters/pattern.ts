import { type PatternToken, readTokens } from './tokens.js';

/**
 * Patterns of rsync(1) ("PATTERN MATCHING RULES"), read as rsync's own matcher does, odd corners included: what it takes for a wildcard, from where in
 * the path it matches, and which patterns can match nothing. Patterns and paths are byte strings: `?` is one byte.
 */
export interface FilterPattern {
  /** Written with a `/` at its end. */
  readonly directoriesOnly: boolean;
  /** `start`: the whole path is matched; `any`: its end, from any name on. */
  readonly from: 'start' | 'any';
  /** The path is matched with a `/` before it, so that leading stars and their slash may stand for nothing. */
  readonly slashBefore: boolean;
  /** A directory is matched with a `/` after it, so that `dir/***` is the directory itself too. */
  readonly slashAfter: boolean;
  readonly tokens: readonly PatternToken[];
  /** What the tokens spell when there is no wildcard among them. */
  readonly literal?: string;
}

/** Undefined for a pattern that matches nothing. */
export function readPattern(written: string): FilterPattern | undefined {
  const directoriesOnly = written.length > 1 && written.endsWith('/');
  const pattern = directoriesOnly ? written.slice(0, -1) : written;
  const anchored = pattern.startsWith('/');
  const body = anchored ? pattern.slice(1) : pattern;
  const from = anchored ? 'start' : 'any';
  // Without wildcards a backslash is a character like any other.
  if (!/[*?[]/.test(pattern)) return readLiteral(body, from, directoriesOnly);
  const tokens = readTokens(body);
  if (tokens === undefined) return undefined;
  const crossesNames = pattern.includes('**');
  const slashBefore = pattern.startsWith('**');
  // So many names of the path's end are looked at as the pattern has slashes; one in a set never matches, but counts.
  if (!anchored && !crossesNames && slashesIn(tokens) !== pattern.split('/').length - 1) return undefined;
  return {
    directoriesOnly,
    from: slashBefore ? 'start' : from,
    slashBefore,
    slashAfter: crossesNames && pattern.endsWith('***'),
    tokens,
  };
}

function readLiteral(body: string, from: 'start' | 'any', directoriesOnly: boolean): FilterPattern | undefined {
  // No path is empty or ends in a slash.
  if (body === '' || body.endsWith('/')) return undefined;
  const tokens = Array.from(body, (byte): PatternToken => ({ kind: 'byte', byte }));
  return { directoriesOnly, from, slashBefore: false, slashAfter: false, tokens, literal: body };
}

const slashesIn = (tokens: readonly PatternToken[]): number =>
  tokens.filter((token) => token.kind === 'byte' && token.byte === '/').length;
