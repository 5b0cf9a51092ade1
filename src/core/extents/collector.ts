import { detached } from '../entries/byte-records.js';
import type { Entry } from '../entries/entry.js';
import type { ExtentFile, PreviousExtents } from './layout.js';
import { extentSizeFor, isLargeFile, keptExtentSize } from './layout.js';

export interface KnownExtents extends PreviousExtents {
  readonly extentSizeBytes: number;
}

/** Collects the changed files that are to be stored as extents, in index order. */
export class ExtentCollector {
  readonly #files: Omit<ExtentFile, 'extentSizeBytes'>[] = [];
  readonly #options: ExtentOptions;

  constructor(options: ExtentOptions) {
    this.#options = options;
  }

  /** The file's number; undefined when the entry is none of these. */
  take(entry: Entry): number | undefined {
    if (!isLargeFile(entry, this.#options.largeFileSizeBytes)) return undefined;
    const { sizeBytes, blocks } = entry;
    const number = this.#files.length;
    this.#files.push({
      number,
      path: detached(entry.path),
      sizeBytes,
      blocks,
      mtime: detached(entry.mtime),
      ctime: detached(entry.ctime),
      inode: detached(entry.inode),
    });
    return number;
  }

  /**
   * All files, with the size of their extents.
   *
   * @param previous of a file's version before, where it was stored as extents in the same chain
   */
  files(previous: (path: string) => KnownExtents | undefined): ExtentFile[] {
    const sizes = this.#files.map(({ sizeBytes }) => sizeBytes);
    const chosen = extentSizeFor(sizes, this.#options.extentSizeBytes);
    return this.#files.map((file): ExtentFile => {
      const before = previous(file.path);
      const kept = keptExtentSize(before?.extentSizeBytes, chosen);
      if (before === undefined || kept === undefined) return { ...file, extentSizeBytes: chosen };
      return { ...file, extentSizeBytes: kept, previous: { backupId: before.backupId, map: before.map } };
    });
  }
}

export interface ExtentOptions {
  /** Undefined: no file is stored as extents. */
  readonly largeFileSizeBytes: number | undefined;
  /** The smallest size of extents. */
  readonly extentSizeBytes: number;
}
