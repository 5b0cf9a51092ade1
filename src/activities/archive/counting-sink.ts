import { createWriteStream, fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AGE_HEADER_LIMIT, ageFileBytes, ageHeaderBytes } from '../../core/archive/age-format.js';
import { HoldfastError } from '../../core/failures.js';
import type { ObjectWriter } from '../../providers/storage/object-storage.js';

/** A writer's sink, how many bytes it got, and the first of them. */
export class CountingSink {
  /** Where a child process may write to by itself; undefined: there is only `take`. */
  readonly fd: number | undefined;
  readonly #stream: () => Writable;
  readonly #first: Buffer[] = [];
  #counted = 0;

  constructor({ sink }: ObjectWriter) {
    this.fd = 'fd' in sink ? sink.fd : undefined;
    // The descriptor is the writer's to close.
    this.#stream = () => ('fd' in sink ? createWriteStream('', { fd: sink.fd, autoClose: false }) : sink.stream);
  }

  async take(from: Readable): Promise<void> {
    from.on('data', (chunk: Buffer) => {
      if (this.#counted < AGE_HEADER_LIMIT) this.#first.push(Buffer.from(chunk));
      this.#counted += chunk.byteLength;
    });
    await pipeline(from, this.#stream());
  }

  bytes(): number {
    return this.fd === undefined ? this.#counted : fstatSync(this.fd).size;
  }

  /** Throws TransferInterrupted unless the sink got an age file of the size that so many bytes must have. */
  async assertSealed(plainBytes: number, what: string): Promise<void> {
    const header = ageHeaderBytes(await this.#head());
    const storedBytes = this.bytes();
    if (header !== undefined && ageFileBytes(header, plainBytes) === storedBytes) return;
    const counts = `${plainBytes} bytes went into age, ${storedBytes} came out`;
    throw new HoldfastError('TransferInterrupted', `${what}: byte counts differ: ${counts}`);
  }

  async #head(): Promise<Buffer> {
    if (this.fd === undefined) return Buffer.concat(this.#first);
    // The descriptor is for writing only; the file behind it can be opened again.
    const file = await open(`/proc/self/fd/${this.fd}`, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(AGE_HEADER_LIMIT), 0, AGE_HEADER_LIMIT, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
}
