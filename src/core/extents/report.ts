import { isZstdRemark, zstdCounts } from '../archive/tar-byte-counts.js';
import type { CompressorCounts } from '../archive/tar-byte-counts.js';

/** A file as `find` saw it just now. */
export interface FileState {
  readonly isFile: boolean;
  readonly sizeBytes: number;
  readonly mtime: string;
  readonly ctime: string;
  readonly inode: string;
  readonly blocks: number;
}

/** Reads the line that the look at a file prints; undefined for anything else. */
export function readFileState(line: string): FileState | undefined {
  const match = /^(\S) (\d+) (-?\d+\.\d+) (-?\d+\.\d+) (\d+) (\d+)$/.exec(line) as StateMatch | null;
  if (match === null) return undefined;
  const [, type, size, mtime, ctime, inode, blocks] = match;
  return {
    isFile: type === 'f',
    sizeBytes: Number(size),
    mtime: nanoseconds(mtime),
    ctime: nanoseconds(ctime),
    inode,
    blocks: Number(blocks),
  };
}

type StateMatch = [
  ...[whole: string, type: string, size: string],
  ...[mtime: string, ctime: string, inode: string, blocks: string],
];

/** find prints ten digits after the point, of which the last is always 0. */
const nanoseconds = (time: string): string => time.slice(0, time.indexOf('.') + 10).padEnd(time.indexOf('.') + 10, '0');

/** Whether nothing was written to a file between two looks. */
export const isSameState = (one: Omit<FileState, 'isFile' | 'blocks'>, other: typeof one): boolean =>
  one.sizeBytes === other.sizeBytes &&
  one.mtime === other.mtime &&
  one.ctime === other.ctime &&
  one.inode === other.inode;

/** Of what it reads: a pipe that took no more says nothing of the file. A wrapper may have called it by its full path. */
export const DD_COMPLAINT = /^(?:\S*\/)?dd: (?!error writing )/;
/** zstd's counts for an empty input. */
const EMPTY = /^\S.* : +\( *0(?: B)? => /;
const HASH = /^([0-9a-f]{64}) (?: -|\*stdin)$/;

/** The hash in a line of sha256sum or openssl about standard input. */
export const hashIn = (line: string): string | undefined => HASH.exec(line)?.[1];

/** What the stages that send an extent said. */
export class ExtentReport {
  contentSha256: string | undefined;
  compressed: CompressorCounts | undefined;
  /** dd's words on what it could not read. */
  readonly readErrors: string[] = [];
  /** Lines of no known kind; at most 20 are kept. */
  readonly unknown: string[] = [];

  take(line: string): void {
    const hash = hashIn(line);
    const counts = zstdCounts(line);
    if (hash !== undefined) this.contentSha256 = hash;
    else if (counts !== undefined) this.compressed = counts;
    else if (DD_COMPLAINT.test(line)) this.readErrors.push(line);
    else if (!isZstdRemark(line) && !EMPTY.test(line) && this.unknown.length < 20) this.unknown.push(line);
  }
}
