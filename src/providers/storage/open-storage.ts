import { HoldfastError } from '../../core/failures.js';
import type { DestinationPlan, S3Destination } from '../../core/plan.js';
import { LocalStorage } from './local-storage.js';
import type { ObjectStorage } from './object-storage.js';
import type { ReadSecret, S3Limits } from './s3-client.js';

/** Their objects must be thawed for hours before they can be read; every backup reads its chain's indexes. */
const FROZEN_CLASSES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * The storage behind a destination. Nothing is asked of the destination yet: what is wrong with it shows on the first call.
 * Fails with SecretUnavailable, ConfigInvalid or DestinationInvalid.
 */
export async function openStorage(
  destination: DestinationPlan,
  readSecret: ReadSecret,
  limits?: S3Limits,
): Promise<ObjectStorage> {
  switch (destination.type) {
    case 'local':
      return new LocalStorage(destination.path);
    case 's3':
      assertReadable(destination);
      return openS3(destination, readSecret, limits);
  }
}

/** The S3 client is large: loaded only by those who use it. */
async function openS3(destination: S3Destination, readSecret: ReadSecret, limits?: S3Limits): Promise<ObjectStorage> {
  const [{ createS3Client }, { S3Storage }] = await Promise.all([import('./s3-client.js'), import('./s3-storage.js')]);
  return new S3Storage(await createS3Client(destination, readSecret, limits), destination);
}

function assertReadable({ name, storageClass }: S3Destination): void {
  if (storageClass === undefined || !FROZEN_CLASSES.has(storageClass)) return;
  throw new HoldfastError(
    'DestinationInvalid',
    `the destination ${name} has the storage class ${storageClass}, from which nothing can be read at once; use GLACIER_IR`,
  );
}
