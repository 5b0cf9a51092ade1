import { isChanged } from './change.js';
import type { Entry, IndexLine } from '../entries/entry.js';
import { textOf } from '../entries/entry.js';
import { FirstNames } from '../guard/first-names.js';
import type { EntryCounts, FlawedEntry } from './manifest.js';
import type { LinkGroup } from './merge-hard-links.js';
import { HardLinks } from './merge-hard-links.js';
import type { LivingEntry } from './merge-index.js';
import type { ScanPair } from './merge-scan.js';
import { EntryCounter } from '../scan/counts.js';
import type { ScanComplaint } from '../scan/complaints.js';
import { UnknownPaths } from '../scan/complaints.js';
import { rawEstimate } from './shard-limits.js';
import { StoreTypes } from './store-types.js';

export interface ChangeTotals {
  readonly counts: EntryCounts;
  /** Sizes of all files, hard-linked ones once. */
  readonly sourceBytes: number;
  readonly previousEntries: number;
  readonly changed: number;
  readonly changedBytes: number;
  readonly deleted: number;
  /** Files on the host that are left out for their size or age, whether the chain knew them or not; none of them counts as deleted or previous. */
  readonly leftOut: number;
  /** For people, at most 100. */
  readonly firstDeleted: readonly string[];
  /** What the shards will hold, estimated. */
  readonly rawBytes: number;
  readonly stored: number;
  /** What of `rawBytes` is in files that are not worth compressing. */
  readonly storeTypeBytes: number;
  /** Sockets, which tar cannot store. */
  readonly unsupported: number;
  readonly flaws: readonly FlawedEntry[];
}

/**
 * Decides what a backup stores: takes the pairs of scan and chain in index order, gives the lines of the new index in the same
 * order, but for hard-linked names, which are only decided at the end (`linkedLines`).
 */
export class ChangeList {
  readonly links = new HardLinks();
  readonly #scannedAtMs: readonly number[];
  readonly #largeFileSizeBytes: number | undefined;
  readonly #storeTypes: StoreTypes;
  readonly #complaints: ReadonlyMap<string, ScanComplaint>;
  readonly #unknown: UnknownPaths;
  readonly #counter = new EntryCounter();
  readonly #firstDeleted = new FirstNames();
  readonly #flaws: FlawedEntry[];
  #groups: readonly LinkGroup[] = [];
  #sourceBytes = 0;
  #previousEntries = 0;
  #changed = 0;
  #changedBytes = 0;
  #deleted = 0;
  #leftOut = 0;
  #rawBytes = 0;
  #stored = 0;
  #storeTypeBytes = 0;
  #unsupported = 0;

  /**
   * @param scannedAtMs when each level of the chain was scanned, by the host's clock
   * @param complaints what find could not look at: known entries there are carried on, not counted as deleted
   * @param largeFileSizeBytes files from this size on are stored as extents, not in shards
   * @param storeTypes files that are not worth compressing
   */
  constructor(
    scannedAtMs: readonly number[],
    complaints: readonly ScanComplaint[],
    largeFileSizeBytes?: number,
    storeTypes = new StoreTypes(),
  ) {
    this.#storeTypes = storeTypes;
    this.#largeFileSizeBytes = largeFileSizeBytes;
    const unreadable = complaints.filter((complaint) => complaint.kind === 'unreadable');
    this.#scannedAtMs = scannedAtMs;
    this.#complaints = new Map(unreadable.map((complaint) => [complaint.path, complaint]));
    this.#unknown = new UnknownPaths(this.#complaints.keys());
    this.#flaws = unreadable.map(({ path, reason }) => ({
      path: textOf(path) || '.',
      flaw: 'unreadable',
      message: `find could not look at it: ${reason}`,
    }));
  }

  take(pairs: readonly ScanPair[]): IndexLine[] {
    const lines: IndexLine[] = [];
    for (const { entry, known, leftOut } of pairs) {
      if (leftOut) {
        this.#leftOut += 1;
        if (known !== undefined) lines.push(this.#lose(known));
        continue;
      }
      if (known !== undefined) this.#previousEntries += 1;
      const line = entry === undefined ? this.#withoutEntry(known as LivingEntry) : this.#withEntry(entry, known);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }

  /** Ends the list: the names of changed hard-linked files. */
  finish(): readonly LinkGroup[] {
    this.#groups = this.links.changedGroups();
    for (const group of this.links.all()) this.#sourceBytes += sizeOf(group.names[0] as Entry);
    for (const { names } of this.#groups) {
      this.#changed += names.length;
      this.#stored += names.length;
      this.#changedBytes += sizeOf(names[0] as Entry);
      this.#addRaw(names[0] as Entry, rawEstimate(names[0] as Entry) + (names.length - 1) * 1536);
    }
    return this.#groups;
  }

  totals(): ChangeTotals {
    return {
      counts: this.#counter.counts(),
      sourceBytes: this.#sourceBytes,
      previousEntries: this.#previousEntries,
      changed: this.#changed,
      changedBytes: this.#changedBytes,
      deleted: this.#deleted,
      leftOut: this.#leftOut,
      firstDeleted: this.#firstDeleted.names,
      rawBytes: this.#rawBytes,
      stored: this.#stored,
      storeTypeBytes: this.#storeTypeBytes,
      unsupported: this.#unsupported,
      flaws: this.#flaws,
    };
  }

  #withoutEntry(known: LivingEntry): IndexLine | undefined {
    if (this.#unknown.covers(known.entry.path)) {
      this.#counter.add(known.entry);
      this.#sourceBytes += sizeOf(known.entry);
      return undefined;
    }
    this.#deleted += 1;
    this.#firstDeleted.add(known.entry.path);
    return this.#lose(known);
  }

  #lose({ entry }: LivingEntry): IndexLine {
    this.links.lose(entry);
    return { deleted: true, path: entry.path };
  }

  #withEntry(entry: Entry, known: LivingEntry | undefined): IndexLine | undefined {
    this.#counter.add(entry);
    if (entry.type === 's') this.#unsupported += 1;
    const changed =
      known === undefined || this.#unknown.names(entry.path) || isChanged(entry, known, this.#scannedAt(known));
    if (known !== undefined && changed && known.entry.inode !== entry.inode) this.links.lose(known.entry);
    if (HardLinks.isLinked(entry) && entry.type !== 's') {
      this.links.add(entry, changed);
      return undefined;
    }
    this.#sourceBytes += sizeOf(entry);
    return changed ? this.#changedLine(entry) : undefined;
  }

  #changedLine(entry: Entry): IndexLine {
    this.#changed += 1;
    if (this.#unknown.names(entry.path)) return { deleted: false, entry, flaw: 'unreadable' };
    if (entry.type === 's') return { deleted: false, entry, flaw: 'unsupported' };
    this.#changedBytes += sizeOf(entry);
    if (entry.type !== 'd') {
      this.#addRaw(entry, rawEstimate(entry, this.#largeFileSizeBytes));
      this.#stored += 1;
    }
    return { deleted: false, entry };
  }

  #addRaw(entry: Entry, rawBytes: number): void {
    this.#rawBytes += rawBytes;
    if (this.#storeTypes.has(entry.path)) this.#storeTypeBytes += rawBytes;
  }

  #scannedAt({ level }: LivingEntry): number {
    const scannedAtMs = this.#scannedAtMs[level];
    if (scannedAtMs === undefined) throw new RangeError(`no scan time for level ${level}`);
    return scannedAtMs;
  }
}

const sizeOf = (entry: Entry): number => (entry.type === 'f' ? entry.sizeBytes : 0);
