import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { HoldfastError } from '../../core/failures.js';
import type { S3Bucket } from './s3-bucket.js';
import { errorName } from './s3-failures.js';

/** S3 takes 10,000. */
const MAX_PARTS = 9_900;

interface Part {
  readonly number: number;
  readonly etag: string;
  readonly sizeBytes: number;
}

/** One multipart upload. Nothing is visible before `complete`; errors are those of the S3 client. */
export class S3Multipart {
  private readonly parts: Part[] = [];
  private started: Promise<string> | undefined;
  private nextNumber = 1;

  constructor(
    private readonly bucket: S3Bucket,
    private readonly key: string,
    private readonly writerId: string,
    private readonly abortSignal: AbortSignal,
  ) {}

  get isStarted(): boolean {
    return this.started !== undefined;
  }

  /** Sends the next part; the order of calls is the order of bytes. `bytes` must stay as they are until it is done. */
  async sendPart(bytes: Buffer): Promise<void> {
    const number = this.takeNumber();
    this.started ??= this.start();
    const uploadId = await this.started;
    const answer = await this.bucket.client.send(
      new UploadPartCommand({ ...this.target(uploadId), PartNumber: number, Body: bytes, ContentLength: bytes.length }),
      { abortSignal: this.abortSignal },
    );
    this.keep(number, answer.ETag, bytes.length);
  }

  /**
   * Adds bytes of another object as the next part.
   *
   * @param source bucket and key, percent-encoded
   * @param to not included
   */
  async copyPart(source: string, from: number, to: number): Promise<void> {
    const number = this.takeNumber();
    this.started ??= this.start();
    const part = { ...this.target(await this.started), PartNumber: number };
    const answer = await this.bucket.client.send(
      new UploadPartCopyCommand({ ...part, CopySource: source, CopySourceRange: `bytes=${from}-${to - 1}` }),
      { abortSignal: this.abortSignal },
    );
    this.keep(number, answer.CopyPartResult?.ETag, to - from);
  }

  /** `expectedBytes`: S3 itself completes an upload with parts left out, and makes a shorter object. */
  async complete(expectedBytes: number, condition: { readonly IfNoneMatch?: '*' }): Promise<void> {
    const parts = this.parts.sort((a, b) => a.number - b.number);
    const sentBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    if (parts.length !== this.nextNumber - 1 || sentBytes !== expectedBytes || !this.started) {
      throw new HoldfastError('InternalError', `${this.key}: ${sentBytes} of ${expectedBytes} bytes were acknowledged`);
    }
    await this.bucket.client.send(
      new CompleteMultipartUploadCommand({
        ...this.target(await this.started),
        ...condition,
        MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
      }),
      { abortSignal: this.abortSignal },
    );
  }

  /** Throws the parts away. Call when no part is under way. */
  async abort(): Promise<void> {
    const uploadId = await this.started?.catch(() => undefined);
    if (uploadId === undefined) return;
    try {
      await this.bucket.client.send(new AbortMultipartUploadCommand(this.target(uploadId)));
    } catch (error) {
      if (errorName(error) !== 'NoSuchUpload') throw error;
    }
  }

  private takeNumber(): number {
    const number = this.nextNumber;
    this.nextNumber += 1;
    if (number <= MAX_PARTS) return number;
    throw new HoldfastError(
      'InternalError',
      `${this.key} grew beyond ${MAX_PARTS} parts: its estimate was far too small`,
    );
  }

  private keep(number: number, etag: string | undefined, sizeBytes: number): void {
    if (!etag)
      throw new HoldfastError('InternalError', `the server acknowledged part ${number} of ${this.key} without an ETag`);
    this.parts.push({ number, etag, sizeBytes });
  }

  private async start(): Promise<string> {
    const answer = await this.bucket.client.send(
      new CreateMultipartUploadCommand({
        ...this.bucket.storeOptions(this.writerId),
        Key: this.bucket.fullKey(this.key),
      }),
      { abortSignal: this.abortSignal },
    );
    if (!answer.UploadId) throw new HoldfastError('InternalError', `the server began ${this.key} without an upload id`);
    return answer.UploadId;
  }

  private target(uploadId: string) {
    return { Bucket: this.bucket.bucket, Key: this.bucket.fullKey(this.key), UploadId: uploadId };
  }
}
