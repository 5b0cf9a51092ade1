import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../core/failures.js';
import type { S3Destination, SecretRef } from '../../core/plan.js';

export interface S3Limits {
  readonly connectTimeoutMs: number;
  /** A connection over which nothing moves for so long is given up. A request that moves may take any time: links are slow. */
  readonly idleTimeoutMs: number;
  /** Of each request, the first included. */
  readonly maxAttempts: number;
}

export const S3_LIMITS: S3Limits = { connectTimeoutMs: 5_000, idleTimeoutMs: 60_000, maxAttempts: 5 };

export type ReadSecret = (secret: SecretRef) => Promise<string>;

/** A client for one destination, its credentials resolved. */
export async function createS3Client(
  destination: S3Destination,
  readSecret: ReadSecret,
  limits: S3Limits = S3_LIMITS,
): Promise<S3Client> {
  // The client's remark about Node versions of later years is for us to act on, not for the reader of a backup's output.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const credentials = await credentialsOf(destination, readSecret);
  const client = new S3Client({
    region: destination.region ?? 'us-east-1',
    forcePathStyle: destination.pathStyle,
    maxAttempts: limits.maxAttempts,
    // Many S3 servers refuse the client's own checksums. The signature covers each body's SHA-256, which every server checks.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: limits.connectTimeoutMs, socketTimeout: limits.idleTimeoutMs },
    ...(destination.endpoint === undefined ? {} : { endpoint: destination.endpoint }),
    ...(credentials ? { credentials } : {}),
  });
  addContentMd5(client);
  return client;
}

/** Undefined: the AWS default chain (environment, shared files, instance role). */
async function credentialsOf(destination: S3Destination, readSecret: ReadSecret) {
  const { accessKeyId, secretAccessKey, sessionToken } = destination;
  if (!accessKeyId && !secretAccessKey) return undefined;
  if (!accessKeyId || !secretAccessKey) {
    throw new HoldfastError(
      'ConfigInvalid',
      `the destination ${destination.name} has only one of access_key_id and secret_access_key; give both or neither`,
    );
  }
  return {
    accessKeyId: await readSecret(accessKeyId),
    secretAccessKey: await readSecret(secretAccessKey),
    ...(sessionToken ? { sessionToken: await readSecret(sessionToken) } : {}),
  };
}

/** DeleteObjects needs a checksum: newer servers take the client's CRC, older ones ask for Content-MD5. Both get theirs. */
function addContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const request = args.request as { body?: unknown; headers?: Record<string, string> };
      if (context.commandName === 'DeleteObjectsCommand' && typeof request.body === 'string' && request.headers) {
        request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
      }
      return next(args);
    },
    { step: 'build', name: 'holdfastContentMd5' },
  );
}
