import { REMARKS_AT_MOST } from './sizes.js';
import { quote, quoteAll } from '../shell-quoting.js';

const [TAB, NUL, ZERO, NINE] = [0x09, 0x00, 0x30, 0x39];

/**
 * With the lowest claim to processor and disk. The directory's own link is followed: a mirror may be a link to where there is room.
 *
 * du counts each directory without those below it, so that the sum of what it said so far is right at any moment; it is the same as that of --summarize at
 * the end. Other file systems mounted below are not part of the copy.
 */
export const duBody = (directory: string): string =>
  gently(['du', '--separate-dirs', '--one-file-system', '--block-size=1', '--null', '--', `${directory}/.`]);

/** btrfs-filesystem(8), du: reads each file's extents. */
export const btrfsDuBody = (directory: string): string =>
  gently(['btrfs', 'filesystem', 'du', '--summarize', '--raw', '--', `${directory}/.`]);

function gently(words: readonly string[]): string {
  const program = words[0] ?? '';
  return [
    `command -v ${quote(program)} >/dev/null || { echo ${quote(`there is no ${program} on the worker`)} >&2; exit 127; }`,
    `set -- ${quoteAll(words)}`,
    // Class 3: only when nobody else wants the disk. Not every kernel and container lets it be set.
    'if ionice --class 3 true >/dev/null 2>&1; then set -- ionice --class 3 "$@"; fi',
    'exec nice -n 19 "$@"',
  ].join('\n');
}

/** Adds up du's records, `SIZE TAB PATH NUL`, as they come, in constant memory: paths may hold any other byte. */
export class DuSum {
  totalBytes = 0;
  directories = 0;
  /** What came was not du's form: the sum means nothing. */
  garbled = false;
  private size = 0;
  private digits = 0;
  private inPath = false;

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.garbled; ) {
      at = this.inPath ? this.skipPath(chunk, at) : this.readSize(chunk, at);
    }
  }

  private skipPath(chunk: Uint8Array, from: number): number {
    const end = chunk.indexOf(NUL, from);
    if (end === -1) return chunk.length;
    this.inPath = false;
    this.totalBytes += this.size;
    this.directories += 1;
    [this.size, this.digits] = [0, 0];
    return end + 1;
  }

  private readSize(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] as number;
    if (byte >= ZERO && byte <= NINE) {
      this.size = this.size * 10 + (byte - ZERO);
      this.digits += 1;
    } else if (byte === TAB && this.digits > 0) this.inPath = true;
    else this.garbled = true;
    return at + 1;
  }
}

export interface BtrfsUsage {
  readonly exclusiveBytes: number;
  readonly sharedBytes: number;
}

/** The figures of `btrfs filesystem du --summarize --raw` for one directory; undefined when the text is something else. */
export function parseBtrfsDu(text: string): BtrfsUsage | undefined {
  const [head = '', line = ''] = text.split('\n');
  if (!/^\s*Total\s+Exclusive\s+Set shared\s+Filename\s*$/.test(head)) return undefined;
  const match = /^\s*\d+\s+(\d+)\s+(\d+)\s/.exec(line);
  return match === null ? undefined : { exclusiveBytes: Number(match[1]), sharedBytes: Number(match[2]) };
}

export interface DuEnd {
  readonly status: number;
  /** Of standard error, as byte strings. */
  readonly lines: readonly string[];
  readonly linesTruncated: boolean;
}

/**
 * Whether all was counted, and what is to be said. What vanished while du walked is not part of the copy any more (a backup may be at work); all else that
 * du complains of was not counted.
 */
export function judgeDu({ status, lines, linesTruncated }: DuEnd): { complete: boolean; remarks: readonly string[] } {
  const vanished = lines.filter((line) => /: No such file or directory$/.test(line)).length;
  const uncounted = lines.filter((line) => line !== '' && !/: No such file or directory$/.test(line));
  const remarks = [
    ...(vanished === 0 ? [] : [`${vanished} entries vanished while it was measured: something is changing it`]),
    ...(uncounted.length === 0 ? [] : [`${uncounted.length} entries could not be counted`, ...uncounted]),
    ...(linesTruncated ? ['du said more than is kept'] : []),
    ...(status !== 0 && lines.length === 0 ? [`du ended with status ${status} and said nothing`] : []),
  ];
  const complete = !linesTruncated && uncounted.length === 0 && (status === 0 || (status === 1 && vanished > 0));
  return { complete, remarks: remarks.map((remark) => remark.slice(0, 300)).slice(0, REMARKS_AT_MOST) };
}
