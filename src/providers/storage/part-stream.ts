import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';

const BUFFERED_BYTES = 1024 * 1024;
const PARTS_UNDER_WAY = 2;

export interface PartStreamOptions {
  readonly partBytes: number;
  /** Sends one full part; calls come in the order of the bytes, up to two at a time. */
  readonly sendPart: (bytes: Buffer) => Promise<void>;
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Cuts a stream into parts of one size and hashes it. Memory: three parts at most. What is left when the stream ends, at most
 * one part, stays in `rest`: whoever commits sends it. An end by itself commits nothing: a killed program's output ends too.
 */
export class PartStream extends Writable {
  takenBytes = 0;
  private readonly hash = createHash('sha256');
  private readonly free: Buffer[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private part: Buffer | undefined;
  private filledBytes = 0;
  private firstFailure: Error | undefined;

  constructor(private readonly options: PartStreamOptions) {
    super({ highWaterMark: BUFFERED_BYTES });
  }

  /** The bytes of the last part. */
  get rest(): Buffer {
    return this.part?.subarray(0, this.filledBytes) ?? Buffer.alloc(0);
  }

  /** What ended the stream before its end, or came to light after it. */
  get failure(): Error | undefined {
    return this.firstFailure;
  }

  /** Lower-case hex SHA-256 of everything; once, after the end. */
  digest(): string {
    return this.hash.digest('hex');
  }

  /** Waits for the parts under way, and throws when one failed; also after the stream's end, when no error event comes any more. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
    if (this.firstFailure) throw this.firstFailure;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.hash.update(chunk);
    this.take(chunk).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.firstFailure ??= error ?? undefined;
    done(error);
  }

  private async take(chunk: Buffer): Promise<void> {
    let taken = 0;
    while (taken < chunk.length) {
      // A full part goes out only when more follows: the last one is the committer's.
      if (this.filledBytes === this.options.partBytes) await this.sendFullPart();
      this.part ??= this.free.pop() ?? Buffer.allocUnsafeSlow(this.options.partBytes);
      const copied = chunk.copy(this.part, this.filledBytes, taken);
      this.filledBytes += copied;
      taken += copied;
    }
    this.takenBytes += chunk.length;
    this.options.onProgress?.(this.takenBytes);
  }

  private async sendFullPart(): Promise<void> {
    const part = this.part as Buffer;
    this.part = undefined;
    this.filledBytes = 0;
    while (this.underWay.size >= PARTS_UNDER_WAY) await Promise.race(this.underWay);
    if (this.destroyed) return;
    const sending: Promise<void> = this.options.sendPart(part).then(
      () => void this.free.push(part),
      (error: unknown) => {
        this.firstFailure ??= error as Error;
        this.destroy(error as Error);
      },
    );
    this.underWay.add(sending);
    void sending.then(() => this.underWay.delete(sending));
  }
}
