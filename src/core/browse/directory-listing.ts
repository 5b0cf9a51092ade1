/** Where a path stands to a directory that is listed: `''` is the source's own. Paths come in the order of an index. */
export type Place = 'itself' | 'inside' | 'deeper' | 'elsewhere' | 'past';

/**
 * `inside`: directly in the directory; `deeper`: further below; `past`: neither this path nor a later one has to do with it. Everything
 * below a directory, and the directory itself, stands in one stretch of an index.
 */
export function placeIn(directory: string, path: string): Place {
  if (path === directory) return 'itself';
  if (directory === '') return path.includes('/') ? 'deeper' : 'inside';
  const start = `${directory}/`;
  if (path.startsWith(start)) return path.includes('/', start.length) ? 'deeper' : 'inside';
  return `${path}//` > start ? 'past' : 'elsewhere';
}

/** A path as a person gives it (`/etc/`, `./etc`), relative to the source. */
export const relativePathOf = (written: string): string =>
  written
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
