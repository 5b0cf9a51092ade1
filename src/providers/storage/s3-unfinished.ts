import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { UnfinishedWrite } from './object-storage.js';
import type { S3Bucket } from './s3-bucket.js';
import { errorName, explainedS3 } from './s3-failures.js';

/** Multipart uploads that nobody has completed or aborted: invisible, and paid for. */
export async function* listUnfinished(bucket: S3Bucket, prefix: string): AsyncGenerator<UnfinishedWrite> {
  const below = bucket.keyPrefix + prefix;
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const command = new ListMultipartUploadsCommand({
      Bucket: bucket.bucket,
      Prefix: below,
      ...(page?.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
      ...(page?.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
    });
    page = await explainedS3(`list the unfinished uploads of ${bucket.location}`, () => bucket.client.send(command));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Key?.startsWith(below) || !UploadId) continue;
      const slash = Key.lastIndexOf('/') + 1;
      const under = Key.slice(bucket.keyPrefix.length, slash);
      const token = JSON.stringify([Key.slice(slash), UploadId]);
      yield { under, token, startedAtMs: Initiated?.getTime() ?? Date.now() };
    }
  } while (page.IsTruncated);
}

export async function discardUnfinished(bucket: S3Bucket, { under, token }: UnfinishedWrite): Promise<void> {
  const [name, UploadId] = JSON.parse(token) as [string, string];
  const key = under + name;
  await explainedS3(`abort the unfinished upload of ${key} in ${bucket.location}`, async () => {
    try {
      const command = { Bucket: bucket.bucket, Key: bucket.fullKey(key), UploadId };
      await bucket.client.send(new AbortMultipartUploadCommand(command));
    } catch (error) {
      if (errorName(error) !== 'NoSuchUpload') throw error;
    }
  });
}
