import type { PrunedSource } from '../../activities/contract.js';
import { worstStatus, type Status } from '../../core/statuses.js';
import type { PruneCounts } from '../messages.js';

const SOURCES_TOLD = 50;

/** What a prune of many sources adds up to; keeps those of which there is something to say, the worst first. */
export class PruneTally {
  readonly #sources: PrunedSource[] = [];
  #counts: PruneCounts = {
    sources: 0,
    kept: 0,
    waiting: 0,
    marked: 0,
    unmarked: 0,
    deleted: 0,
    freedBytes: 0,
    swept: { objects: 0, bytes: 0, unfinished: 0 },
  };
  #status: Status = 'ok';

  add(source: PrunedSource): void {
    this.#counts = sum(this.#counts, source);
    this.#status = worstStatus([this.#status, source.status]);
    if (isTold(source)) this.#sources.push(source);
  }

  get counts(): PruneCounts {
    return this.#counts;
  }

  get status(): Status {
    return this.#status;
  }

  /** The first of the worst. */
  get worst(): PrunedSource | undefined {
    return this.told()[0];
  }

  told(): readonly PrunedSource[] {
    const rank = ({ status }: PrunedSource): number => ['failed', 'held', 'ok'].indexOf(status);
    return [...this.#sources].sort((a, b) => rank(a) - rank(b)).slice(0, SOURCES_TOLD);
  }
}

function isTold({ status, marked, unmarked, deleted, swept, notes }: PrunedSource): boolean {
  const done = marked + unmarked + deleted + swept.objects + swept.unfinished;
  return status !== 'ok' || done > 0 || notes.length > 0;
}

function sum(counts: PruneCounts, source: PrunedSource): PruneCounts {
  return {
    sources: counts.sources + 1,
    kept: counts.kept + source.kept,
    waiting: counts.waiting + source.waiting,
    marked: counts.marked + source.marked,
    unmarked: counts.unmarked + source.unmarked,
    deleted: counts.deleted + source.deleted,
    freedBytes: counts.freedBytes + source.freedBytes,
    swept: {
      objects: counts.swept.objects + source.swept.objects,
      bytes: counts.swept.bytes + source.swept.bytes,
      unfinished: counts.swept.unfinished + source.swept.unfinished,
    },
  };
}
