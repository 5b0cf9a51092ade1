import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../core/failures.js';
import { MAX_KEY_BYTES, assertKey } from '../../core/archive/object-keys.js';
import type { S3Destination } from '../../core/plan.js';
import { errorName, explainedS3, httpStatusOf } from './s3-failures.js';

/** User metadata that tells whose bytes an object holds when the answer to its upload was lost. */
const WRITER_METADATA = 'holdfast-writer';

/** A bucket with what all requests to it share. */
export class S3Bucket {
  readonly location: string;
  /** Before every key: '' or ending in `/`. */
  readonly keyPrefix: string;
  private hasAnswered = false;

  constructor(
    readonly client: S3Client,
    readonly destination: S3Destination,
  ) {
    this.keyPrefix = destination.prefix === '' ? '' : `${destination.prefix}/`;
    this.location = `s3://${destination.bucket}${destination.prefix === '' ? '' : `/${destination.prefix}`}`;
  }

  get bucket(): string {
    return this.destination.bucket;
  }

  /** The key in the bucket; UnsafePath when it may not be used. */
  fullKey(key: string): string {
    assertKey(key);
    const full = this.keyPrefix + key;
    if (Buffer.byteLength(full) <= MAX_KEY_BYTES) return full;
    throw new HoldfastError('UnsafePath', `${full} is longer than the ${MAX_KEY_BYTES} bytes that S3 takes`);
  }

  /** What every new object of this destination gets. */
  storeOptions(writerId: string) {
    const { storageClass, sse, sseKmsKeyId } = this.destination;
    return {
      Bucket: this.bucket,
      ContentType: 'application/octet-stream',
      Metadata: { [WRITER_METADATA]: writerId },
      ...(storageClass === undefined ? {} : { StorageClass: storageClass as 'STANDARD' }),
      ...(sse === undefined ? {} : { ServerSideEncryption: sse }),
      ...(sseKmsKeyId === undefined ? {} : { SSEKMSKeyId: sseKmsKeyId }),
    };
  }

  /** Undefined when there is no such object; DestinationNotFound when there is no such bucket. */
  async head(key: string): Promise<HeadObjectCommandOutput | undefined> {
    const command = new HeadObjectCommand({ Bucket: this.bucket, Key: this.fullKey(key) });
    return explainedS3(`look up ${key} in ${this.location}`, async () => {
      try {
        return await this.client.send(command);
      } catch (error) {
        if (httpStatusOf(error) !== 404) throw error;
        await this.assertBucket();
        return undefined;
      }
    });
  }

  /** Whether the object is whole and was written by this writer. */
  async holds(key: string, writerId: string, sizeBytes: number): Promise<boolean> {
    const head = await this.head(key);
    return head?.ContentLength === sizeBytes && head.Metadata?.[WRITER_METADATA] === writerId;
  }

  /**
   * A HEAD answers 404 for a missing bucket too, and no words go with it. A listing's error has words. Asked once, until the
   * bucket has answered.
   */
  private async assertBucket(): Promise<void> {
    if (this.hasAnswered) return;
    try {
      await this.client.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: this.keyPrefix, MaxKeys: 1 }));
    } catch (error) {
      // Credentials may be good for objects only.
      if (errorName(error) !== 'AccessDenied') throw error;
    }
    this.hasAnswered = true;
  }
}
