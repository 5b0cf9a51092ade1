import type { ExtentFile, ExtentRun } from './layout.js';
import { extentRange } from './layout.js';
import type { ExtentMap, StoredExtent } from './map.js';
import type { DataRange } from './sparse-map.js';

/** What is to be done about an extent. */
export type ExtentDecision =
  /** Zeros: nothing is stored. */
  | { readonly do: 'hole' }
  /** As in the version before. */
  | { readonly do: 'keep'; readonly stored: StoredExtent }
  | { readonly do: 'send' };

/** Extents of a run that hold data, as far as the file system says; all of them when it does not. */
export function extentsWithData(
  run: ExtentRun,
  file: ExtentFile,
  data: readonly DataRange[] | undefined,
): readonly number[] {
  const all = Array.from({ length: run.to - run.from }, (_, at) => run.from + at);
  if (data === undefined) return all;
  return all.filter((extent) => {
    const { offsetBytes, lengthBytes } = extentRange(file, extent);
    return data.some((range) => range.offsetBytes < offsetBytes + lengthBytes && offsetBytes < range.endBytes);
  });
}

/**
 * Compares an extent's content with the version before. The length need not be compared: content of another length has another hash.
 *
 * @param contentSha256 undefined: not known yet
 * @param zerosSha256 hash of as many zeros
 */
export function decideExtent(
  contentSha256: string | undefined,
  zerosSha256: string,
  before: StoredExtent | undefined,
): ExtentDecision {
  if (contentSha256 === undefined) return { do: 'send' };
  if (contentSha256 === zerosSha256) return { do: 'hole' };
  if (before?.contentSha256 === contentSha256) return { do: 'keep', stored: before };
  return { do: 'send' };
}

/** The stored extents of a version by number; none when its extents have another size, since then they are other pieces. */
export function extentsBefore(
  previous: ExtentMap | undefined,
  extentSizeBytes: number,
): ReadonlyMap<number, StoredExtent> {
  if (previous?.extentSizeBytes !== extentSizeBytes) return new Map();
  return new Map(previous.extents.map((stored) => [stored.extent, stored]));
}
