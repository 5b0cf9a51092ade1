/** Numbers in [0, 1) that the seed decides: mulberry32. Not for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface SampleLimits {
  readonly items: number;
  readonly bytes: number;
}

/**
 * A random sample of a stream, each item as likely as any other: a reservoir (Vitter's algorithm R). Of what was drawn, `taken` keeps those that
 * fit into the bytes together, the first of them in any case too large being left out.
 */
export class Sample<Item> {
  readonly #drawn: Item[] = [];
  #seen = 0;
  readonly #random: () => number;

  constructor(
    private readonly limits: SampleLimits,
    private readonly sizeOf: (item: Item) => number,
    seed: number,
  ) {
    this.#random = seededRandom(seed);
  }

  /** Items that came by and were small enough. */
  get seen(): number {
    return this.#seen;
  }

  /** `keep` makes what is remembered of an item: it is called for those that are drawn only. */
  offer(item: Item, keep: (item: Item) => Item = (same) => same): void {
    if (this.sizeOf(item) > this.limits.bytes) return;
    this.#seen += 1;
    if (this.#drawn.length < this.limits.items) {
      this.#drawn.push(keep(item));
      return;
    }
    const place = Math.floor(this.#random() * this.#seen);
    if (place < this.#drawn.length) this.#drawn[place] = keep(item);
  }

  /** In the order drawn. */
  taken(): Item[] {
    let left = this.limits.bytes;
    return this.#drawn.filter((item) => {
      const size = this.sizeOf(item);
      if (size > left) return false;
      left -= size;
      return true;
    });
  }
}
