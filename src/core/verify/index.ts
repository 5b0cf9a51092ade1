import { type IndexLine, textOf } from '../entries/entry.js';
import type { EntryCounts, Manifest } from '../archive/manifest.js';
import type { LivingEntry } from '../archive/merge-index.js';
import { pathProblem } from '../entries/path-safety.js';
import { PathFrames } from '../restore/frames.js';
import { EntryCounter } from '../scan/counts.js';
import { FindingList } from './findings.js';

/** Checks the lines of one backup's index against its manifest. */
export class IndexCheck {
  readonly problems = new FindingList();
  #deleted = 0;
  #stored = 0;
  readonly #kinds: ReadonlyMap<number, string>;
  readonly #manifest: Manifest;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
    this.#kinds = new Map(manifest.shards.map(({ number, kind }) => [number, kind]));
  }

  see(line: IndexLine): void {
    const path = line.deleted ? line.path : line.entry.path;
    const problem = pathProblem(path);
    if (problem !== undefined) this.problems.add(`its index names ${textOf(path)}: ${problem}`);
    if (line.deleted) {
      this.#deleted += 1;
      return;
    }
    this.#stored += 1;
    if (line.shard === undefined) return;
    const kind = this.#kinds.get(line.shard);
    const wanted = line.large !== undefined ? 'skeletons' : line.entry.type === 'd' ? 'directories' : 'content';
    if (kind === undefined)
      this.problems.add(`${textOf(path)}: its index names shard ${line.shard}, which it does not have`);
    else if (kind !== wanted) this.problems.add(`${textOf(path)}: shard ${line.shard} is of kind ${kind}`);
  }

  end(): void {
    const { changed, deleted } = this.#manifest;
    if (this.#stored !== changed) this.problems.add(`its index has ${this.#stored} changed entries, not ${changed}`);
    if (this.#deleted !== deleted) this.problems.add(`its index has ${this.#deleted} deletions, not ${deleted}`);
  }
}

interface Frame {
  isDirectory?: boolean;
  holds: boolean;
}

/** Checks the tree that a chain's indexes make together at one backup: it has no holes, and as many entries as were counted. */
export class TreeCheck {
  readonly problems = new FindingList();
  readonly #counter = new EntryCounter();
  readonly #manifest: Manifest;
  readonly #frames = new PathFrames<Frame>(
    () => ({ holds: false }),
    (path, { isDirectory, holds }) => {
      if (!holds || isDirectory === true) return;
      const what = isDirectory === undefined ? 'is not known' : 'is no directory';
      this.problems.add(`${path === '' ? '.' : textOf(path)}: entries lie below it, but it ${what}`);
    },
  );

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  see({ entry }: LivingEntry): void {
    const { own, ancestors } = this.#frames.enter(entry.path);
    own.isDirectory = entry.type === 'd';
    for (const above of ancestors) above.holds = true;
    this.#counter.add(entry);
  }

  end(): void {
    this.#frames.end();
    // What could not be looked at was not counted, and yet keeps its lines.
    if (this.#manifest.flaws.count > 0) return;
    const found = this.#counter.counts();
    for (const kind of Object.keys(found) as (keyof EntryCounts)[]) {
      const counted = this.#manifest.counts[kind];
      if (found[kind] !== counted) this.problems.add(`the chain’s indexes give ${found[kind]} ${kind}, not ${counted}`);
    }
  }
}
