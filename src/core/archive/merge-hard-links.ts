import { detached } from '../entries/byte-records.js';
import type { Entry } from '../entries/entry.js';
import { comparePaths } from '../entries/entry.js';

export interface LinkGroup {
  /** In index order. */
  readonly names: Entry[];
  changed: boolean;
}

/**
 * Collects the names of hard-linked files during a scan. tar stores the first name's content and makes the others links to it, so
 * all names of a changed inode must lie in one shard. Memory grows with the number of hard-linked names (about half a KiB each).
 */
export class HardLinks {
  readonly #groups = new Map<string, LinkGroup>();
  /** Inodes that lost a name; without device, whose number may have changed since. */
  readonly #reduced = new Set<string>();

  static isLinked(entry: Entry): boolean {
    return entry.links > 1 && entry.type !== 'd';
  }

  /** Takes a name in the order of the scan. */
  add(entry: Entry, changed: boolean): void {
    const key = `${entry.device}:${entry.inode}`;
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(detached(key), { names: [keepable(entry)], changed });
      return;
    }
    group.names.push(keepable(entry));
    group.changed ||= changed;
  }

  /** An entry of the chain that is gone, or is another file now. */
  lose(known: Entry): void {
    if (HardLinks.isLinked(known)) this.#reduced.add(detached(known.inode));
  }

  /** The groups to store. Call it when the scan is over. */
  changedGroups(): LinkGroup[] {
    return this.all().filter((group) => group.changed || this.#reduced.has((group.names[0] as Entry).inode));
  }

  all(): LinkGroup[] {
    return [...this.#groups.values()];
  }
}

const keepable = (entry: Entry): Entry => ({
  ...entry,
  path: detached(entry.path),
  target: detached(entry.target),
  mtime: detached(entry.mtime),
  ctime: detached(entry.ctime),
  inode: detached(entry.inode),
  device: detached(entry.device),
});

/** All names of the groups in index order. */
export function namesInOrder(groups: readonly LinkGroup[]): Entry[] {
  return groups.flatMap((group) => group.names).sort((a, b) => comparePaths(a.path, b.path));
}
