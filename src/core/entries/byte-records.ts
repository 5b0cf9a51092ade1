/** Cuts a stream of bytes into records that end in one byte (NUL or newline), as byte strings; chunks may end anywhere. */
export class RecordCutter {
  #rest = '';
  readonly #separator: string;

  constructor(separator: '\0' | '\n') {
    this.#separator = separator;
  }

  /** The records that `chunk` completes. */
  push(chunk: Buffer): string[] {
    const records = (this.#rest + chunk.toString('latin1')).split(this.#separator);
    this.#rest = records.pop() as string;
    return records;
  }

  /** What came after the last separator; '' for a stream that is whole. */
  get rest(): string {
    return this.#rest;
  }
}

/**
 * A copy of its own. V8 keeps the whole chunk alive for every piece of it that is remembered; what is kept beyond its batch is
 * therefore detached.
 */
export const detached = (piece: string): string => Buffer.from(piece, 'latin1').toString('latin1');
