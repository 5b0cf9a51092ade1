/** A path (text, from the source on) as a pattern that matches it alone: rsync takes a backslash as such where there is no wildcard. */
export const literalPattern = (path: string): string =>
  /[*?[]/.test(path) ? `/${path.replace(/[\\*?[]/g, '\\$&')}` : `/${path}`;
