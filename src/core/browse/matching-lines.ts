import { detached } from '../entries/byte-records.js';
import { detachedEntry } from '../entries/detached-entry.js';
import type { IndexLine } from '../entries/entry.js';
import { comparePaths, linePath } from '../entries/entry.js';

/**
 * Collects lines of many indexes by path: the first `limit` paths after `after`, in index order. Memory is bounded by the limit, however
 * much matches.
 */
export class MatchingLines {
  #lines = new Map<string, Map<string, IndexLine>>();
  /** No path beyond it is of interest any more. */
  #last: string | undefined;

  constructor(
    private readonly limit: number,
    private readonly after: string | undefined,
  ) {}

  /** Whether there are more paths than the limit. */
  get cut(): boolean {
    return this.#last !== undefined;
  }

  /** Nothing that follows in this index is of interest. */
  isPast(path: string): boolean {
    return this.#last !== undefined && comparePaths(path, this.#last) > 0;
  }

  add(backupId: string, line: IndexLine): void {
    const path = linePath(line);
    if (this.after !== undefined && comparePaths(path, this.after) <= 0) return;
    if (this.isPast(path)) return;
    const known = this.#lines.get(path);
    if (known) known.set(backupId, detachedLine(line));
    else this.#lines.set(detached(path), new Map([[backupId, detachedLine(line)]]));
    if (this.#lines.size >= 2 * this.limit) this.#cut();
  }

  /** Paths in index order, with their lines by backup. */
  paths(): readonly (readonly [path: string, lines: ReadonlyMap<string, IndexLine>])[] {
    if (this.#lines.size > this.limit) this.#cut();
    return [...this.#lines].sort(([a], [b]) => comparePaths(a, b));
  }

  #cut(): void {
    const kept = [...this.#lines].sort(([a], [b]) => comparePaths(a, b)).slice(0, this.limit);
    this.#lines = new Map(kept);
    this.#last = kept.at(-1)?.[0];
  }
}

const detachedLine = (line: IndexLine): IndexLine =>
  line.deleted ? { deleted: true, path: detached(line.path) } : { ...line, entry: detachedEntry(line.entry) };
