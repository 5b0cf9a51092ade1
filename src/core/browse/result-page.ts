/** One page of a long answer must travel as one payload: so many items and bytes at most. */
const ITEMS = 2_000;
const BYTES = 400_000;

/** Items up to what one payload takes. */
export class ResultPage<Item> {
  readonly items: Item[] = [];
  #bytes = 0;

  constructor(
    private readonly limits: { readonly items: number; readonly bytes: number } = { items: ITEMS, bytes: BYTES },
  ) {}

  /** An item that is larger than a page has a page of its own. */
  get full(): boolean {
    return this.items.length >= this.limits.items || this.#bytes >= this.limits.bytes;
  }

  add(item: Item): void {
    this.items.push(item);
    this.#bytes += Buffer.byteLength(JSON.stringify(item));
  }
}
