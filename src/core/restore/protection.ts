import type { Entry } from '../entries/entry.js';
import { type EntryFilters, type FileTest, leftOutFiles, markNames } from '../filters/entry-filters.js';
import { parentOf } from './selection.js';

export interface ProtectionOptions {
  /** Of the backup that is restored. */
  readonly filters: EntryFilters;
  /** When that backup was scanned, by the host's clock: files left out for their age were so then. */
  readonly scannedAtMs: number;
  /** Directories with a mark, in the backup or in the target. */
  readonly marked: ReadonlySet<string>;
  /** Of the target's own directory. */
  readonly device: string;
}

/**
 * What a restore with `--delete` must not take for deleted: entries of the target that the backup's filters may have left out. An entry of the backup
 * is never among them.
 */
export class RestoreProtection {
  readonly #isLeftOut: FileTest | undefined;
  readonly #options: ProtectionOptions;

  constructor(options: ProtectionOptions) {
    this.#options = options;
    this.#isLeftOut = leftOutFiles(options.filters, options.scannedAtMs);
  }

  covers(entry: Entry): boolean {
    const { filters, marked, device } = this.#options;
    if (filters.oneFileSystem === true && entry.device !== device) return true;
    return this.#isLeftOut?.(entry) === true || liesBelow(entry.path, marked);
  }
}

function liesBelow(path: string, directories: ReadonlySet<string>): boolean {
  if (directories.size === 0 || path === '') return false;
  for (let above = parentOf(path); ; above = parentOf(above)) {
    if (directories.has(above)) return true;
    if (above === '') return false;
  }
}

/** Collects the directories that hold an entry by which filters know them. A cache's tag counts whatever it holds: the index does not know. */
export class MarkedDirectories {
  readonly paths = new Set<string>();
  readonly #names: ReadonlySet<string>;

  /** @param filters names are text */
  constructor(filters: EntryFilters) {
    this.#names = new Set(markNames(filters).map((name) => Buffer.from(name, 'utf8').toString('latin1')));
  }

  see(path: string): void {
    const slash = path.lastIndexOf('/');
    if (this.#names.has(path.slice(slash + 1)))
      this.paths.add(Buffer.from(parentOf(path), 'latin1').toString('latin1'));
  }
}
