import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import type { S3Bucket } from './s3-bucket.js';
import { explainedS3, s3Failure } from './s3-failures.js';

const MOST_KEYS = 1_000;

/** Removes objects; fails, naming the first, when the server refused some of them. */
export async function removeObjects(bucket: S3Bucket, keys: readonly string[]): Promise<void> {
  const fullKeys = keys.map((key) => bucket.fullKey(key));
  const refused: { key: string; code: string; message: string }[] = [];
  for (let start = 0; start < fullKeys.length; start += MOST_KEYS) {
    const objects = fullKeys.slice(start, start + MOST_KEYS).map((Key) => ({ Key }));
    const command = new DeleteObjectsCommand({ Bucket: bucket.bucket, Delete: { Objects: objects, Quiet: true } });
    const answer = await explainedS3(`remove objects of ${bucket.location}`, () => bucket.client.send(command));
    for (const { Key, Code, Message } of answer.Errors ?? []) {
      if (Code !== 'NoSuchKey') refused.push({ key: Key ?? '?', code: Code ?? 'Unknown', message: Message ?? '' });
    }
  }
  const first = refused[0];
  if (!first) return;
  const error = Object.assign(new Error(first.message), { name: first.code });
  throw s3Failure(
    error,
    `remove ${refused.length} of ${keys.length} objects of ${bucket.location}, the first ${first.key}`,
  );
}
