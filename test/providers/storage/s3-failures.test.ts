import { describe, expect, test } from 'vitest';
import { FAILURES } from '../../../src/core/failures.js';
import { s3Failure } from '../../../src/providers/storage/s3-failures.js';
import { partBytesFor } from '../../../src/providers/storage/s3-writer.js';

const s3Error = (name: string, status?: number, code?: string): Error =>
  Object.assign(new Error('words'), {
    name,
    ...(code ? { code } : {}),
    ...(status ? { $metadata: { httpStatusCode: status } } : {}),
  });

describe('an error of an S3 server', () => {
  test.each([
    [s3Error('NoSuchBucket', 404), 'DestinationNotFound'],
    [s3Error('NoSuchKey', 404), 'ObjectMissing'],
    [s3Error('SignatureDoesNotMatch', 403), 'DestinationDenied'],
    [s3Error('403', 403), 'DestinationDenied'],
    [s3Error('QuotaExceeded', 403), 'DestinationFull'],
    [s3Error('Unknown', 507), 'DestinationFull'],
    [s3Error('SlowDown', 503), 'DestinationUnreachable'],
    [s3Error('Whatever', 500), 'DestinationUnreachable'],
    [s3Error('Error', undefined, 'ECONNREFUSED'), 'DestinationUnreachable'],
    [s3Error('Error', undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'DestinationUnreachable'],
    [new AggregateError([s3Error('Error', undefined, 'ECONNREFUSED')]), 'DestinationUnreachable'],
    [s3Error('TimeoutError'), 'DestinationUnreachable'],
    [s3Error('AbortError'), 'Cancelled'],
    [s3Error('CredentialsProviderError'), 'SecretUnavailable'],
    [s3Error('SomethingNew', 400), 'InternalError'],
    [new TypeError('a mistake of ours'), 'InternalError'],
  ] as const)('%s is %s', (error, type) => {
    const failure = s3Failure(error, 'read a/x from s3://bucket');
    expect(failure).toMatchObject({ type, cause: error });
    expect(failure.message).toMatch(/^cannot read a\/x from s3:\/\/bucket: ./);
  });

  test('is retried when the server may be well again, and not when a person must act', () => {
    expect(FAILURES[s3Failure(s3Error('SlowDown', 503), 'x').type].retryable).toBe(true);
    expect(FAILURES[s3Failure(s3Error('AccessDenied', 403), 'x').type].retryable).toBe(false);
  });
});

test('parts are 16 MiB, or as large as it takes for three times the estimate to fit 9,000 parts', () => {
  expect(partBytesFor()).toBe(16_777_216);
  expect(partBytesFor(128 * 1024 ** 2)).toBe(16_777_216);
  expect(partBytesFor(1024 ** 4) * 9_000).toBeGreaterThanOrEqual(3 * 1024 ** 4);
});
