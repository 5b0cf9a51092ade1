import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import type { FailureType } from '../../core/failures.js';

/** S3's error codes; what is not here goes by its HTTP status. */
const TYPE_OF_NAME: Readonly<Record<string, FailureType>> = {
  NoSuchBucket: 'DestinationNotFound',
  NoSuchKey: 'ObjectMissing',
  // In Glacier and its like: there, but not to be had.
  InvalidObjectState: 'ObjectMissing',
  AccessDenied: 'DestinationDenied',
  AccountProblem: 'DestinationDenied',
  AllAccessDisabled: 'DestinationDenied',
  ExpiredToken: 'DestinationDenied',
  InvalidAccessKeyId: 'DestinationDenied',
  InvalidToken: 'DestinationDenied',
  RequestTimeTooSkewed: 'DestinationDenied',
  SignatureDoesNotMatch: 'DestinationDenied',
  UnauthorizedAccess: 'DestinationDenied',
  // versitygw's word for InvalidAccessKeyId.
  XAdminUserNotFound: 'DestinationDenied',
  InsufficientStorage: 'DestinationFull',
  QuotaExceeded: 'DestinationFull',
  XMinioStorageFull: 'DestinationFull',
  AuthorizationHeaderMalformed: 'DestinationInvalid',
  InvalidBucketName: 'DestinationInvalid',
  InvalidStorageClass: 'DestinationInvalid',
  NotImplemented: 'DestinationInvalid',
  PermanentRedirect: 'DestinationInvalid',
  CredentialsProviderError: 'SecretUnavailable',
  // The part's bytes arrived changed, or not all: sent again, they may arrive well.
  BadDigest: 'TransferInterrupted',
  IncompleteBody: 'TransferInterrupted',
  XAmzContentSHA256Mismatch: 'TransferInterrupted',
  NoSuchUpload: 'TransferInterrupted',
  ConditionalRequestConflict: 'TransferInterrupted',
  AbortError: 'Cancelled',
};

const TYPE_OF_STATUS: Readonly<Record<number, FailureType>> = {
  301: 'DestinationInvalid',
  401: 'DestinationDenied',
  403: 'DestinationDenied',
  408: 'DestinationUnreachable',
  429: 'DestinationUnreachable',
  501: 'DestinationInvalid',
  507: 'DestinationFull',
};

const CONNECTION_CODE =
  /^(ECONN\w+|EAI_AGAIN|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EPROTO|ERR_TLS_\w+|ERR_SSL_\w+|ERR_STREAM_PREMATURE_CLOSE|CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_\w+)$/;

interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

export const errorName = (error: unknown): string => (error as ServiceError | undefined)?.name ?? '';
export const httpStatusOf = (error: unknown): number | undefined =>
  (error as ServiceError | undefined)?.$metadata?.httpStatusCode;

/** An error of the S3 client as the catalogue names it. `doing` completes "cannot …". */
export function s3Failure(error: unknown, doing: string): HoldfastError {
  if (isHoldfastError(error)) return error;
  return new HoldfastError(
    typeOf(error as ServiceError),
    `cannot ${doing}: ${wordsOf(error as ServiceError)}`,
    {},
    { cause: error },
  );
}

function typeOf(error: ServiceError): FailureType {
  const status = httpStatusOf(error);
  const named = TYPE_OF_NAME[error.name ?? ''] ?? (status === undefined ? undefined : TYPE_OF_STATUS[status]);
  if (named) return named;
  if (status !== undefined && status >= 500) return 'DestinationUnreachable';
  return isConnectionError(error) ? 'DestinationUnreachable' : 'InternalError';
}

function isConnectionError(error: ServiceError): boolean {
  if (error.name === 'TimeoutError') return true;
  const causes = error instanceof AggregateError ? (error.errors as ServiceError[]) : [error];
  return causes.some((cause) => typeof cause.code === 'string' && CONNECTION_CODE.test(cause.code));
}

function wordsOf(error: ServiceError): string {
  const status = httpStatusOf(error);
  const causes = error instanceof AggregateError ? (error.errors as ServiceError[]).map((cause) => cause.message) : [];
  const text = [error.message, ...causes].filter(Boolean).join('; ') || 'no message';
  return `${errorName(error)}: ${text}${status === undefined ? '' : ` (HTTP ${status})`}`;
}

/** Runs `work`; what it throws leaves as a HoldfastError. */
export async function explainedS3<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw s3Failure(error, doing);
  }
}
