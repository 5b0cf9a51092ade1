import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../core/failures.js';
import { assertNotAborted } from './abort.js';
import type { CreateOptions, ObjectWriter } from './object-storage.js';
import { PartStream } from './part-stream.js';
import type { S3Bucket } from './s3-bucket.js';
import { explainedS3, s3Failure } from './s3-failures.js';
import { S3Multipart } from './s3-multipart.js';
import { publishIfAbsent } from './s3-publish.js';

const SMALLEST_PART_BYTES = 16 * 1024 * 1024;

/** Parts of one size, such that an object three times the estimate still fits S3's 10,000. */
export const partBytesFor = (estimateBytes = 0): number =>
  Math.max(SMALLEST_PART_BYTES, Math.ceil((estimateBytes * 3) / 9_000));

/** Takes an object as a stream; what fits one part goes up as one request, on commit. */
export class S3Writer implements ObjectWriter {
  readonly sink: { readonly stream: PartStream };
  private readonly writerId = randomUUID();
  private readonly stop = new AbortController();
  private readonly multipart: S3Multipart;
  private readonly doing: string;
  private readonly onSignal = (): void => {
    this.stream.destroy(this.cancelled());
    this.stop.abort();
  };
  private state: 'open' | 'spoiled' | 'committed' = 'open';

  constructor(
    private readonly bucket: S3Bucket,
    private readonly key: string,
    private readonly options: CreateOptions,
  ) {
    this.doing = `write ${key} to ${bucket.location}`;
    this.multipart = new S3Multipart(bucket, key, this.writerId, this.stop.signal);
    this.sink = { stream: this.createStream() };
    options.signal.addEventListener('abort', this.onSignal, { once: true });
  }

  async commit(): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    if (this.failure) throw this.failure;
    assertNotAborted(this.options.signal, `writing ${this.key} to ${this.bucket.location}`);
    if (this.state !== 'open') throw new HoldfastError('InternalError', `${this.key} was committed or aborted before`);
    if (!this.stream.writableEnded) {
      throw new HoldfastError('InternalError', `${this.key} was still being written when it was to be committed`);
    }
    this.state = 'spoiled';
    const isPublished = await explainedS3(this.doing, () => this.publish());
    if (!isPublished) throw new HoldfastError('InternalError', `${this.key} exists already in ${this.bucket.location}`);
    this.state = 'committed';
    this.release();
    return { sizeBytes: this.stream.takenBytes, sha256: this.stream.digest() };
  }

  async explainFailure(): Promise<HoldfastError | undefined> {
    return this.failure?.type === 'Cancelled' ? undefined : this.failure;
  }

  async abort(): Promise<void> {
    if (this.state === 'committed') return;
    this.state = 'spoiled';
    this.release();
    this.stop.abort();
    this.stream.destroy();
    await this.stream.settled().catch(() => {});
    await explainedS3(`remove the unfinished ${this.key} from ${this.bucket.location}`, () => this.multipart.abort());
  }

  private async publish(): Promise<boolean> {
    const { key, writerId } = this;
    await finished(this.stream);
    const sizeBytes = this.stream.takenBytes;
    const isMultipart = this.multipart.isStarted;
    if (isMultipart) await this.sendPart(this.stream.rest);
    await this.stream.settled();
    return publishIfAbsent(this.bucket, {
      key,
      writerId,
      sizeBytes,
      send: (condition) =>
        isMultipart ? this.multipart.complete(sizeBytes, condition) : this.put(this.stream.rest, condition),
    });
  }

  private async put(bytes: Buffer, condition: { readonly IfNoneMatch?: '*' }): Promise<void> {
    await this.bucket.client.send(
      new PutObjectCommand({
        ...this.bucket.storeOptions(this.writerId),
        ...condition,
        Key: this.bucket.fullKey(this.key),
        Body: bytes,
        ContentLength: bytes.length,
      }),
      { abortSignal: this.stop.signal },
    );
  }

  private get failure(): HoldfastError | undefined {
    const error = this.stream.failure;
    return error && s3Failure(error, this.doing);
  }

  private get stream(): PartStream {
    return this.sink.stream;
  }

  private createStream(): PartStream {
    const { estimateBytes, onProgress } = this.options;
    const stream = new PartStream({
      partBytes: partBytesFor(estimateBytes),
      sendPart: (bytes) => this.sendPart(bytes),
      ...(onProgress ? { onProgress } : {}),
    });
    // An error between the end and the commit, when nobody listens, must not end the process: commit throws it.
    stream.on('error', () => {});
    return stream;
  }

  private async sendPart(bytes: Buffer): Promise<void> {
    try {
      await explainedS3(this.doing, () => this.multipart.sendPart(bytes));
    } catch (error) {
      this.stop.abort();
      throw error;
    }
  }

  private cancelled(): HoldfastError {
    return new HoldfastError(
      'Cancelled',
      `writing ${this.key} to ${this.bucket.location} was cancelled`,
      {},
      {
        cause: this.options.signal.reason,
      },
    );
  }

  private release(): void {
    this.options.signal.removeEventListener('abort', this.onSignal);
  }
}
