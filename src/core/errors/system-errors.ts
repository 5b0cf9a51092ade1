import type { ErrorType } from './error-types.js';

/** errno(3) of Linux, with the words of strerror(3) under LC_ALL=C: some programs print the one, some the other. */
const SYSTEM_ERRORS: readonly (readonly [number: number, words: string, type: ErrorType])[] = [
  [1, 'Operation not permitted', 'permission'],
  [2, 'No such file or directory', 'vanished'],
  [13, 'Permission denied', 'permission'],
  [28, 'No space left on device', 'disk_full'],
  [30, 'Read-only file system', 'permission'],
  [32, 'Broken pipe', 'connection'],
  [62, 'Timer expired', 'timeout'],
  [71, 'Protocol error', 'protocol'],
  [100, 'Network is down', 'connection'],
  [101, 'Network is unreachable', 'connection'],
  [102, 'Network dropped connection on reset', 'connection'],
  [103, 'Software caused connection abort', 'connection'],
  [104, 'Connection reset by peer', 'connection'],
  [107, 'Transport endpoint is not connected', 'connection'],
  [110, 'Connection timed out', 'timeout'],
  [111, 'Connection refused', 'connection'],
  [112, 'Host is down', 'connection'],
  [113, 'No route to host', 'connection'],
  [116, 'Stale file handle', 'vanished'],
  [122, 'Disk quota exceeded', 'disk_full'],
];

const BY_NUMBER = new Map(SYSTEM_ERRORS.map(([number, , type]) => [number, type]));
const BY_WORDS = new Map(SYSTEM_ERRORS.map(([, words, type]) => [words, type]));

/** Undefined: an error that has no type of its own. */
export const errorTypeOfErrno = (errno: number): ErrorType | undefined => BY_NUMBER.get(errno);

/** Of a line that ends with the system's own words, with rsync's `(13)` behind them or without. Undefined: it does not, or they have no type. */
export function errorTypeOfWords(line: string): ErrorType | undefined {
  const last = line.split(': ').at(-1) ?? '';
  return BY_WORDS.get(last.replace(/ \(\d+\)$/, ''));
}
