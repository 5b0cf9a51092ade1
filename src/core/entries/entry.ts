/**
 * An entry: one name below a source, as find(1) saw it and as the index keeps it.
 *
 * Paths and link targets are *byte strings*: JavaScript strings in which every character is one byte (latin1), so that names of
 * any bytes survive and comparing strings compares bytes. `textOf` gives what a person reads, `bytesOf` what a program takes.
 */

/** find's %y: file, directory, symbolic link, fifo, socket, character and block device. */
export type EntryType = 'f' | 'd' | 'l' | 'p' | 's' | 'c' | 'b';

export interface Entry {
  /** Relative to the source, no leading `/` or `./`; '' is the source's own directory. A byte string. */
  readonly path: string;
  readonly type: EntryType;
  readonly sizeBytes: number;
  /** `seconds.nanoseconds`, nine digits after the point; compared for equality only. */
  readonly mtime: string;
  readonly ctime: string;
  /** Decimal; 64 bits, therefore a string. */
  readonly inode: string;
  readonly device: string;
  /** Octal permission bits as find's %m, for instance `644` or `4755`. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  /** Blocks of 512 bytes in use. */
  readonly blocks: number;
  /** Symbolic link's target, a byte string; '' for other types. */
  readonly target: string;
}

/** Why an entry's content in a backup is not to be trusted fully; such entries are read again by the next run. */
export type Flaw =
  /** tar said that it changed or shrank while it was read: stored, content may be mixed. */
  | 'changed'
  /** Could not be read: known, not stored. */
  | 'unreadable'
  /** tar cannot store it (a socket): known, not stored. */
  | 'unsupported';

/** A line of an index: an entry new or changed in this backup, or one that was deleted since the parent. */
export type IndexLine = StoredLine | DeletedLine;

export interface StoredLine {
  readonly deleted: false;
  readonly entry: Entry;
  /** Number of the shard that holds it; undefined when it could not be stored. */
  readonly shard?: number;
  /** Of a file that is stored as extents: its number among those of its backup. The shard has its attributes only. */
  readonly large?: number;
  readonly flaw?: Flaw;
}

export interface DeletedLine {
  readonly deleted: true;
  readonly path: string;
}

export const linePath = (line: IndexLine): string => (line.deleted ? line.path : line.entry.path);

/**
 * The order of scans and indexes: bytewise order of `path + "//"`, which is how `sort -z` under LC_ALL=C orders the scan's
 * records (`path//meta//target`). A path never holds `//`.
 */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length < b.length ? b.startsWith(a) : a.startsWith(b)) return `${a}//` < `${b}//` ? -1 : 1;
  return a < b ? -1 : 1;
}

export const bytesOf = (byteString: string): Buffer => Buffer.from(byteString, 'latin1');
export const byteStringOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
export const byteStringOfText = (text: string): string => byteStringOf(Buffer.from(text, 'utf8'));

const NOT_PLAIN = /[^\x20-\x7e]/;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The text of a byte string when it is valid UTF-8, else undefined. */
export function utf8Of(byteString: string): string | undefined {
  if (!NOT_PLAIN.test(byteString)) return byteString;
  try {
    return decoder.decode(bytesOf(byteString));
  } catch {
    return undefined;
  }
}

/** For people: one line, control characters and invalid bytes as `\n`, `\t` or `\ooo`, as `ls -b` shows them. */
export function textOf(byteString: string): string {
  if (!NOT_PLAIN.test(byteString) && !byteString.includes('\\')) return byteString;
  const text = utf8Of(byteString);
  const escapeByte = (code: number): string =>
    code === 10 ? '\\n' : code === 9 ? '\\t' : code === 13 ? '\\r' : `\\${code.toString(8).padStart(3, '0')}`;
  if (text !== undefined) {
    return text
      .replaceAll('\\', '\\\\')
      .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (c) => {
        const code = c.codePointAt(0) as number;
        return code < 128 ? escapeByte(code) : `\\u${code.toString(16).padStart(4, '0')}`;
      });
  }
  return Array.from(byteString, (c) => {
    const code = c.charCodeAt(0);
    return c === '\\' ? '\\\\' : code < 32 || code > 126 ? escapeByte(code) : c;
  }).join('');
}
