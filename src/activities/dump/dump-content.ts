import { DUMP_HEAD_BYTES, DUMP_TAIL_BYTES } from '../../core/dump/outcome.js';

/** The bytes of a dump as they come, to be taken in pieces; it keeps both ends for those who judge it. */
export class DumpContent {
  /** Bytes that were taken. */
  bytes = 0;
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #next: Buffer | undefined;
  readonly #chunks: AsyncIterator<Buffer>;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  get head(): string {
    return this.#head.toString('latin1');
  }
  get tail(): string {
    return this.#tail.toString('latin1');
  }

  /** Whether nothing is left. Rejects when the flow failed. */
  async atEnd(): Promise<boolean> {
    while (this.#next === undefined || this.#next.byteLength === 0) {
      const next: IteratorResult<Buffer, unknown> = await this.#chunks.next();
      if (next.done === true) return true;
      this.#next = next.value;
    }
    return false;
  }

  /** The next `bytes`, or what is left. */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0 && !(await this.atEnd()); ) {
      const chunk = this.#next as Buffer;
      const piece = chunk.subarray(0, left);
      this.#next = chunk.subarray(piece.byteLength);
      left -= piece.byteLength;
      this.#see(piece);
      yield piece;
    }
  }

  #see(piece: Buffer): void {
    this.bytes += piece.byteLength;
    if (this.#head.byteLength < DUMP_HEAD_BYTES) {
      this.#head = Buffer.concat([this.#head, piece.subarray(0, DUMP_HEAD_BYTES - this.#head.byteLength)]);
    }
    const last = piece.subarray(-DUMP_TAIL_BYTES);
    const kept = this.#tail.subarray(-(DUMP_TAIL_BYTES - last.byteLength) || this.#tail.byteLength);
    this.#tail = Buffer.concat([kept, last]);
  }
}

/** Passes all on but a trailer of this length, where what is last is one. */
export async function* withoutTrailer(
  chunks: AsyncIterable<Buffer>,
  trailerBytes: number,
  isTrailer: (bytes: string) => boolean,
): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = held.byteLength === 0 ? chunk : Buffer.concat([held, chunk]);
    const passed = Math.max(0, all.byteLength - trailerBytes);
    held = Buffer.from(all.subarray(passed));
    if (passed > 0) yield all.subarray(0, passed);
  }
  if (!isTrailer(held.toString('latin1'))) yield held;
}
