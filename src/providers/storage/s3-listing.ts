import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import type { ListedName, ListedObject } from './object-storage.js';
import type { S3Bucket } from './s3-bucket.js';
import { explainedS3 } from './s3-failures.js';

export async function* listNames(bucket: S3Bucket, prefix: string): AsyncGenerator<ListedName> {
  const below = bucket.keyPrefix + prefix;
  for await (const page of pagesOf(bucket, below, '/')) {
    const names: ListedName[] = [];
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      if (Prefix) names.push({ name: Prefix.slice(below.length), kind: 'prefix' });
    }
    for (const { key, sizeBytes } of objectsOf(page, below)) names.push({ name: key, kind: 'object', sizeBytes });
    // A page holds prefixes and objects apart; together they are one range of the order.
    yield* names.sort((a, b) => compareBytes(a.name, b.name));
  }
}

export async function* listObjects(bucket: S3Bucket, prefix: string): AsyncGenerator<ListedObject> {
  for await (const page of pagesOf(bucket, bucket.keyPrefix + prefix)) {
    yield* objectsOf(page, bucket.keyPrefix).sort((a, b) => compareBytes(a.key, b.key));
  }
}

async function* pagesOf(
  bucket: S3Bucket,
  prefix: string,
  delimiter?: string,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket.bucket,
      Prefix: prefix,
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await explainedS3(`list ${bucket.location}`, () => bucket.client.send(command));
    yield page;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Keys relative to `below`. Keys that end in `/` are marks that file browsers leave for folders. */
function objectsOf(page: ListObjectsV2CommandOutput, below: string): ListedObject[] {
  const objects: ListedObject[] = [];
  for (const { Key, Size, LastModified } of page.Contents ?? []) {
    if (!Key || Key.endsWith('/')) continue;
    objects.push({ key: Key.slice(below.length), sizeBytes: Size ?? 0, modifiedAtMs: LastModified?.getTime() ?? 0 });
  }
  return objects;
}

const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
