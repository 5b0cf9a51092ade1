import { BatchCursor } from '../archive/batch-cursor.js';
import { comparePaths } from '../entries/entry.js';

/** A stream of batches in `comparePaths` order, with how to read an item's path. */
export interface SortedStream<T> {
  readonly batches: AsyncIterable<readonly T[]>;
  readonly pathOf: (item: T) => string;
}

/** Walks two streams side by side: each path once, with what either side has of it. Constant memory. */
export async function joinByPath<A, B>(
  left: SortedStream<A>,
  right: SortedStream<B>,
  visit: (path: string, left: A | undefined, right: B | undefined) => void,
): Promise<void> {
  const a = await BatchCursor.open(left.batches);
  try {
    const b = await BatchCursor.open(right.batches);
    try {
      while (a.head !== undefined || b.head !== undefined) {
        const order = compareHeads(a.head, left.pathOf, b.head, right.pathOf);
        const path = order <= 0 ? left.pathOf(a.head as A) : right.pathOf(b.head as B);
        visit(path, order <= 0 ? a.head : undefined, order >= 0 ? b.head : undefined);
        if (order <= 0 && !a.next()) await a.refill();
        if (order >= 0 && !b.next()) await b.refill();
      }
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

function compareHeads<A, B>(
  a: A | undefined,
  pathOfA: (a: A) => string,
  b: B | undefined,
  pathOfB: (b: B) => string,
): number {
  if (a === undefined) return 1;
  return b === undefined ? -1 : comparePaths(pathOfA(a), pathOfB(b));
}
