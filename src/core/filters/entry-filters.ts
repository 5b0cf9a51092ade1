import type { Entry } from '../entries/entry.js';

/** What is left out for what it is, not for its name. Absent fields leave nothing out. */
export interface EntryFilters {
  /** A directory that holds an entry of one of these names keeps nothing but these. */
  readonly excludeIfPresent?: readonly string[];
  /** A directory with a valid CACHEDIR.TAG keeps nothing but this file. */
  readonly excludeCaches?: boolean;
  /** Mount points of other file systems are kept, what they show is not. */
  readonly oneFileSystem?: boolean;
  /** Larger files are left out. */
  readonly maxFileSizeBytes?: number;
  /** Files last modified longer ago are left out. */
  readonly newerThanMs?: number;
  /** Files last modified less long ago are left out. */
  readonly olderThanMs?: number;
}

export const CACHE_TAG = 'CACHEDIR.TAG';
/** https://bford.info/cachedir/: the first bytes of the file, whatever follows. */
export const CACHE_SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';

/** Names that mark a directory whose content is left out. */
export const markNames = ({ excludeIfPresent = [], excludeCaches }: EntryFilters): readonly string[] => [
  ...excludeIfPresent,
  ...(excludeCaches === true && !excludeIfPresent.includes(CACHE_TAG) ? [CACHE_TAG] : []),
];

/** Which files are left out for their size or age. */
export type FileTest = (entry: Pick<Entry, 'type' | 'sizeBytes' | 'mtime'>) => boolean;

/**
 * Undefined when none is. Ages are counted in whole seconds from the host's clock.
 *
 * @param nowMs when the scan began, by the host's clock
 */
export function leftOutFiles(
  { maxFileSizeBytes, newerThanMs, olderThanMs }: EntryFilters,
  nowMs: number,
): FileTest | undefined {
  if (maxFileSizeBytes === undefined && newerThanMs === undefined && olderThanMs === undefined) return undefined;
  const newerThan = limitSeconds(nowMs, newerThanMs);
  const olderThan = limitSeconds(nowMs, olderThanMs);
  return ({ type, sizeBytes, mtime }) =>
    type === 'f' &&
    ((maxFileSizeBytes !== undefined && sizeBytes > maxFileSizeBytes) ||
      (newerThan !== undefined && !isAfter(mtime, newerThan)) ||
      (olderThan !== undefined && isAfter(mtime, olderThan)));
}

const limitSeconds = (nowMs: number, ageMs: number | undefined): number | undefined =>
  ageMs === undefined ? undefined : Math.floor(nowMs / 1000) - ageSeconds(ageMs);

export const ageSeconds = (ageMs: number): number => Math.round(ageMs / 1000);

/** As find's -newermt with whole seconds: the second's very beginning is not after it. */
function isAfter(mtime: string, seconds: number): boolean {
  const point = mtime.indexOf('.');
  const whole = Number(mtime.slice(0, point));
  return whole > seconds || (whole === seconds && /[1-9]/.test(mtime.slice(point + 1)));
}

/** Whether two sources' filters leave out the same. */
export const sameFilters = (a: EntryFilters = {}, b: EntryFilters = {}): boolean => canonical(a) === canonical(b);

const canonical = (filters: EntryFilters): string =>
  JSON.stringify(Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1)));
