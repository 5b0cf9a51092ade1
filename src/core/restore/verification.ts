import { type Entry, textOf } from '../entries/entry.js';
import { type Difference, differencesBetween } from './compare.js';

export interface ExpectedEntry {
  readonly entry: Entry;
  readonly mayHaveChanged: boolean;
  /** Backup of the chain (its place in it) that holds the copy. */
  readonly backup: number;
}

export interface VerificationOptions {
  readonly owners: boolean;
  /** Entries that the point does not have are differences: everything else was to be deleted. */
  readonly exact: boolean;
  /** When each backup of the chain was scanned, in seconds by the host's clock. */
  readonly scannedAtSeconds: readonly number[];
}

/** A write in the same tick of the file system's clock as the scan may bear an older time. */
const TICK_SECONDS = 2;

/** Compares what a target holds after a restore with what it must hold. Feed it the merge-join of both, in any order. */
export class RestoreVerification {
  compared = 0;
  count = 0;
  /** Written to between the scan and the reading of a backup: restored as it was read. The next backup has them as they were then. */
  changedMeanwhile = 0;
  readonly first: string[] = [];
  /** Files of the point by file of the target, and the other way round: hard links must be the same groups. */
  private readonly expectedFiles = new Map<string, string>();
  private readonly foundFiles = new Map<string, string>();

  constructor(private readonly options: VerificationOptions) {}

  see(path: string, expected: ExpectedEntry | undefined, found: Entry | undefined, extraMatters: boolean): void {
    if (!expected) {
      if (found && extraMatters && this.options.exact) this.add(path, 'is there, but not in the backup');
      return;
    }
    this.compared += 1;
    if (!found) return this.add(path, 'is missing');
    const { owners } = this.options;
    const differences = differencesBetween(expected.entry, found, { owners, mayHaveChanged: expected.mayHaveChanged });
    if (expected.entry.type !== 'd' && (expected.entry.links > 1 || found.links > 1)) {
      if (!this.sameGroup(expected.entry, found))
        differences.push({ what: 'hard links', text: 'its hard links are not those of the backup' });
    }
    if (differences.length === 0) return;
    const text = differences.map((difference) => difference.text).join(', ');
    if (!this.isOfMeanwhile(expected, found, differences)) return this.add(path, text);
    this.changedMeanwhile += 1;
    this.list(path, `was written to while it was backed up, and is restored as it was read then: ${text}`);
  }

  private sameGroup(expected: Entry, found: Entry): boolean {
    const a = `${expected.device} ${expected.inode}`;
    const b = `${found.device} ${found.inode}`;
    const pairedWith = this.expectedFiles.get(a) ?? b;
    const pairedFrom = this.foundFiles.get(b) ?? a;
    this.expectedFiles.set(a, pairedWith);
    this.foundFiles.set(b, pairedFrom);
    return pairedWith === b && pairedFrom === a;
  }

  private isOfMeanwhile({ backup }: ExpectedEntry, found: Entry, differences: readonly Difference[]): boolean {
    if (differences.some(({ what }) => what !== 'size' && what !== 'mtime')) return false;
    const scannedAt = this.options.scannedAtSeconds[backup];
    return scannedAt !== undefined && Number(found.mtime) >= scannedAt - TICK_SECONDS;
  }

  private add(path: string, what: string): void {
    this.count += 1;
    this.list(path, what);
  }

  private list(path: string, what: string): void {
    if (this.first.length < 100) this.first.push(`${path === '' ? '.' : textOf(path)}: ${what}`);
  }
}
