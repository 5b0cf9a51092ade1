import { byteStringOfText } from '../entries/entry.js';

/**
 * The one path that an include pattern names for sure: anchored, without wildcards, no directory. A byte string, relative to the source;
 * undefined when the patterns may take anything else.
 */
export function singleFileOf(include: readonly string[]): string | undefined {
  const [pattern, ...others] = include;
  if (pattern === undefined || others.length > 0) return undefined;
  if (!pattern.startsWith('/') || pattern.endsWith('/') || /[*?[]/.test(pattern)) return undefined;
  return byteStringOfText(pattern.slice(1));
}
