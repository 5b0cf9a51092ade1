import { textOf } from '../entries/entry.js';
import { isZstdRemark, tarTotal, zstdCounts } from './tar-byte-counts.js';
import type { CompressorCounts } from './tar-byte-counts.js';
import type { TarComplaint, TarVerdict } from './tar-complaints.js';
import { isTarFarewell, parseTarComplaint } from './tar-complaints.js';

/** What a shard's pipeline said, line by line. */
export class TarReport {
  /** Bytes of the tar, once tar said that it is complete. */
  total: number | undefined;
  compressed: CompressorCounts | undefined;
  /** By the path of the entry; the gravest complaint of each. */
  readonly complaints = new Map<string, TarComplaint>();
  /** Lines of no known kind; at most 20 are kept. */
  readonly unknown: string[] = [];
  #farewell = false;
  readonly #members: ReadonlySet<string>;

  /** @param members names as tar was given them, `.` for the source's own directory */
  constructor(members: Iterable<string>) {
    this.#members = new Set(members);
  }

  /** Takes a line of standard error, a byte string. */
  take(line: string): void {
    const counts = zstdCounts(line);
    const total = tarTotal(line);
    if (counts !== undefined) this.compressed = counts;
    else if (total !== undefined) this.total = total;
    else if (isTarFarewell(line)) this.#farewell = true;
    else if (!isZstdRemark(line)) this.#takeComplaint(line);
  }

  /**
   * Why tar's part is not to be trusted, or undefined. Status 1 and 2 are well only when tar has said what it met, in words that are
   * known, about members that it was given.
   */
  tarProblem(status: number | undefined): string | undefined {
    if (this.unknown.length > 0) return `said: ${this.unknown.map(textOf).join(' | ')}`;
    if (status === undefined) return 'never reported its end';
    if (status > 2) return `ended with status ${status}`;
    if (status > 0 && this.complaints.size === 0) return `ended with status ${status} and said nothing`;
    if (status === 0 && this.#farewell) return 'announced a failure, but ended with status 0';
    if (this.total === undefined) return 'did not say that it had written its end';
    return undefined;
  }

  #takeComplaint(line: string): void {
    const complaint = parseTarComplaint(line);
    if (complaint === undefined || !this.#members.has(complaint.name)) {
      if (this.unknown.length < 20) this.unknown.push(line);
      return;
    }
    const path = complaint.name === '.' ? '' : complaint.name;
    const earlier = this.complaints.get(path);
    if (earlier && GRAVITY.indexOf(earlier.verdict) >= GRAVITY.indexOf(complaint.verdict)) return;
    this.complaints.set(path, complaint);
  }
}

const GRAVITY: readonly TarVerdict[] = ['changed', 'unsupported', 'unreadable', 'vanished'];
