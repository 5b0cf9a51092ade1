import { randomUUID } from 'node:crypto';
import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../core/failures.js';
import type { CopyOptions } from './object-storage.js';
import type { S3Bucket } from './s3-bucket.js';
import { explainedS3 } from './s3-failures.js';
import { S3Multipart } from './s3-multipart.js';
import { publishIfAbsent } from './s3-publish.js';

/** The server may be silent while it copies: parts of this size are done before the connection counts as dead. S3 itself takes 5 GiB. */
export const COPY_PART_BYTES = 512 * 1024 * 1024;
const MOST_PARTS = 9_000;

/** Lets the server copy an object; its bytes never come here. */
export async function copyObject(
  bucket: S3Bucket,
  fromKey: string,
  toKey: string,
  { signal, onProgress }: CopyOptions,
  smallestPartBytes = COPY_PART_BYTES,
): Promise<void> {
  const target = bucket.fullKey(toKey);
  const sizeBytes = (await bucket.head(fromKey))?.ContentLength;
  if (sizeBytes === undefined) throw new HoldfastError('ObjectMissing', `${fromKey} is missing in ${bucket.location}`);
  const source = `${bucket.bucket}/${bucket.fullKey(fromKey)}`.split('/').map(encodeURIComponent).join('/');
  const writerId = randomUUID();
  const multipart = new S3Multipart(bucket, toKey, writerId, signal);
  const partBytes = Math.max(smallestPartBytes, Math.ceil(sizeBytes / MOST_PARTS));
  const whole = (): Promise<unknown> =>
    bucket.client.send(
      new CopyObjectCommand({
        ...bucket.storeOptions(writerId),
        Key: target,
        CopySource: source,
        MetadataDirective: 'REPLACE',
      }),
      { abortSignal: signal },
    );
  await explainedS3(`copy ${fromKey} to ${toKey} in ${bucket.location}`, async () => {
    try {
      const isMultipart = sizeBytes > partBytes;
      for (let from = 0; isMultipart && from < sizeBytes; from += partBytes) {
        const to = Math.min(from + partBytes, sizeBytes);
        await multipart.copyPart(source, from, to);
        onProgress?.(to);
      }
      const isPublished = await publishIfAbsent(bucket, {
        key: toKey,
        writerId,
        sizeBytes,
        send: (condition) => (isMultipart ? multipart.complete(sizeBytes, condition) : whole()),
      });
      if (!isPublished) throw new HoldfastError('InternalError', `${toKey} exists already in ${bucket.location}`);
      if (!(await bucket.holds(toKey, writerId, sizeBytes)))
        throw new HoldfastError('InternalError', `${bucket.location} did not copy ${fromKey} as it said`);
    } catch (error) {
      await multipart.abort();
      throw error;
    }
  });
  onProgress?.(sizeBytes);
}
