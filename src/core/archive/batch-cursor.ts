/**
 * Steps through a stream of batches one item at a time. Waiting for every item would cost more than the work on it, so only the
 * step to another batch waits:
 *
 * ```ts
 * if (!cursor.next()) await cursor.refill();
 * ```
 */
export class BatchCursor<T> {
  readonly #source: AsyncIterator<readonly T[]>;
  #batch: readonly T[] = [];
  #position = 0;
  /** The item at hand; undefined at the end. */
  head: T | undefined;

  private constructor(source: AsyncIterator<readonly T[]>) {
    this.#source = source;
  }

  static async open<T>(source: AsyncIterable<readonly T[]>): Promise<BatchCursor<T>> {
    const cursor = new BatchCursor(source[Symbol.asyncIterator]());
    await cursor.refill();
    return cursor;
  }

  /** Moves on within the batch; `false` when `refill` must be awaited. */
  next(): boolean {
    this.#position += 1;
    this.head = this.#batch[this.#position];
    return this.#position < this.#batch.length;
  }

  async refill(): Promise<void> {
    for (;;) {
      const step = await this.#source.next();
      this.#batch = step.done ? [] : step.value;
      this.#position = 0;
      this.head = this.#batch[0];
      if (step.done || this.#batch.length > 0) return;
    }
  }

  /** Lets the source release what it holds; call it when leaving early. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
