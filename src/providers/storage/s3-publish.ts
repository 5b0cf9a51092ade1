import { setTimeout as delay } from 'node:timers/promises';
import { isHoldfastError } from '../../core/failures.js';
import type { S3Bucket } from './s3-bucket.js';
import { errorName, httpStatusOf, s3Failure } from './s3-failures.js';

const MAX_CONFLICTS = 10;

export interface Publication {
  readonly key: string;
  readonly writerId: string;
  readonly sizeBytes: number;
  /** The request that makes the object visible: PutObject or CompleteMultipartUpload. */
  send(condition: { readonly IfNoneMatch?: '*' }): Promise<unknown>;
}

/**
 * Makes an object visible only if its key is free: `false` when it is not. `If-None-Match: *` makes it atomic where the server
 * knows it; the look-up before it protects objects on servers that do not.
 */
export async function publishIfAbsent(bucket: S3Bucket, publication: Publication): Promise<boolean> {
  const doing = `write ${publication.key} to ${bucket.location}`;
  for (let conflicts = 0; ; conflicts += 1) {
    if (await bucket.head(publication.key)) return isOurs(bucket, publication);
    try {
      await sendConditionally(publication);
      return true;
    } catch (error) {
      if (httpStatusOf(error) !== 409 || conflicts === MAX_CONFLICTS || errorName(error) === 'NoSuchUpload') {
        return await settle(bucket, publication, error, doing);
      }
      // Another writer of the same key is at it: look again soon.
      await delay(50 + Math.random() * 100 * (conflicts + 1));
    }
  }
}

async function sendConditionally(publication: Publication): Promise<void> {
  try {
    await publication.send({ IfNoneMatch: '*' });
  } catch (error) {
    if (httpStatusOf(error) !== 501 && errorName(error) !== 'NotImplemented') throw error;
    await publication.send({});
  }
}

/**
 * After a failed request: an answer may have been lost and the request repeated by the client, so that it meets its own object
 * (412), or no upload any more (NoSuchUpload). What lies under the key decides, not the error.
 */
async function settle(bucket: S3Bucket, publication: Publication, error: unknown, doing: string): Promise<boolean> {
  const isTaken = httpStatusOf(error) === 412;
  try {
    if (await isOurs(bucket, publication)) return true;
  } catch (lookUpError) {
    throw s3Failure(isTaken && isHoldfastError(lookUpError) ? lookUpError : error, doing);
  }
  if (isTaken) return false;
  throw s3Failure(error, doing);
}

const isOurs = (bucket: S3Bucket, { key, writerId, sizeBytes }: Publication): Promise<boolean> =>
  bucket.holds(key, writerId, sizeBytes);
