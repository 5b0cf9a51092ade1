import { randomUUID } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { HoldfastError } from '../../core/failures.js';
import { assertPrefix } from '../../core/archive/object-keys.js';
import type { S3Destination } from '../../core/plan.js';
import { assertNotAborted } from './abort.js';
import { explainedStream } from './explained-stream.js';
import { SMALL_OBJECT_BYTES } from './object-storage.js';
import type {
  CopyOptions,
  CreateOptions,
  ListedName,
  ListedObject,
  ObjectStorage,
  ObjectWriter,
  UnfinishedWrite,
} from './object-storage.js';
import { S3Bucket } from './s3-bucket.js';
import { copyObject } from './s3-copy.js';
import { explainedS3, s3Failure } from './s3-failures.js';
import { listNames, listObjects } from './s3-listing.js';
import { publishIfAbsent } from './s3-publish.js';
import { removeObjects } from './s3-removal.js';
import { discardUnfinished, listUnfinished } from './s3-unfinished.js';
import { S3Writer } from './s3-writer.js';

/** Objects in a bucket of S3 or of a server that speaks its protocol. */
export class S3Storage implements ObjectStorage {
  readonly location: string;
  private readonly bucket: S3Bucket;

  constructor(
    private readonly client: S3Client,
    destination: S3Destination,
    /** For tests. */
    private readonly copyPartBytes?: number,
  ) {
    this.bucket = new S3Bucket(client, destination);
    this.location = this.bucket.location;
  }

  async createObject(key: string, options: CreateOptions): Promise<ObjectWriter> {
    this.bucket.fullKey(key);
    assertNotAborted(options.signal, `writing ${key} to ${this.location}`);
    return new S3Writer(this.bucket, key, options);
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    const writerId = randomUUID();
    const request = {
      ...this.bucket.storeOptions(writerId),
      Key: this.bucket.fullKey(key),
      Body: bytes,
      ContentLength: bytes.length,
    };
    return publishIfAbsent(this.bucket, {
      key,
      writerId,
      sizeBytes: bytes.length,
      send: (condition) => this.client.send(new PutObjectCommand({ ...request, ...condition })),
    });
  }

  async read(key: string, signal?: AbortSignal): Promise<Readable> {
    assertNotAborted(signal, `reading ${key} from ${this.location}`);
    const { body } = await this.get(key, signal);
    return explainedStream(body, (error) => s3Failure(error, `read ${key} from ${this.location}`), signal);
  }

  async readSmall(key: string): Promise<Buffer | undefined> {
    try {
      const { body, sizeBytes } = await this.get(key);
      if (sizeBytes > SMALL_OBJECT_BYTES) {
        body.destroy();
        throw new HoldfastError(
          'ObjectDamaged',
          `${key} in ${this.location} has ${sizeBytes} bytes, too many for what it is`,
        );
      }
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    } catch (error) {
      const failure = s3Failure(error, `read ${key} from ${this.location}`);
      if (failure.type === 'ObjectMissing') return undefined;
      throw failure;
    }
  }

  async size(key: string): Promise<number | undefined> {
    return (await this.bucket.head(key))?.ContentLength;
  }

  async fingerprint(key: string): Promise<string | undefined> {
    return (await this.bucket.head(key))?.ETag;
  }

  async copy(fromKey: string, toKey: string, options: CopyOptions): Promise<void> {
    assertNotAborted(options.signal, `copying ${fromKey} in ${this.location}`);
    await copyObject(this.bucket, fromKey, toKey, options, this.copyPartBytes);
  }

  async *list(prefix: string): AsyncGenerator<ListedName> {
    assertPrefix(prefix);
    yield* listNames(this.bucket, prefix);
  }

  async *listAll(prefix: string): AsyncGenerator<ListedObject> {
    assertPrefix(prefix);
    yield* listObjects(this.bucket, prefix);
  }

  async remove(keys: readonly string[]): Promise<void> {
    await removeObjects(this.bucket, keys);
  }

  async *listUnfinished(prefix: string): AsyncGenerator<UnfinishedWrite> {
    assertPrefix(prefix);
    yield* listUnfinished(this.bucket, prefix);
  }

  async discardUnfinished(write: UnfinishedWrite): Promise<void> {
    await discardUnfinished(this.bucket, write);
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  private async get(key: string, signal?: AbortSignal): Promise<{ body: Readable; sizeBytes: number }> {
    const command = new GetObjectCommand({ Bucket: this.bucket.bucket, Key: this.bucket.fullKey(key) });
    return explainedS3(`read ${key} from ${this.location}`, async () => {
      const answer = await this.client.send(command, signal ? { abortSignal: signal } : {});
      if (!(answer.Body instanceof Readable)) throw new Error('the answer has no body');
      return { body: answer.Body, sizeBytes: answer.ContentLength ?? 0 };
    });
  }
}
