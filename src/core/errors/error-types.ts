import type { FailureType } from '../failures.js';

/** Kinds of errors as results and metrics count them. */
export const ERROR_TYPES = ['permission', 'vanished', 'connection', 'protocol', 'disk_full', 'other'] as const;
export type ErrorType = (typeof ERROR_TYPES)[number];
export type ErrorCounts = Readonly<Record<ErrorType, number>>;

export const NO_ERRORS: ErrorCounts = {
  permission: 0,
  vanished: 0,
  connection: 0,
  protocol: 0,
  disk_full: 0,
  other: 0,
};

/** errno(3): EPERM, EACCES, EROFS · ENOENT, ESTALE · ENOSPC, EDQUOT · EPIPE, ECONNRESET, ETIMEDOUT. */
const ERRNO_TYPES: Readonly<Record<number, ErrorType>> = {
  1: 'permission',
  13: 'permission',
  30: 'permission',
  2: 'vanished',
  116: 'vanished',
  28: 'disk_full',
  122: 'disk_full',
  32: 'connection',
  104: 'connection',
  110: 'connection',
};

export const errorTypeOfErrno = (errno: number): ErrorType => ERRNO_TYPES[errno] ?? 'other';

/** Failures that end a source, by what is at fault; all others are `other`. */
const FAILURE_TYPES: Partial<Record<FailureType, ErrorType>> = {
  SourceUnreadable: 'permission',
  DestinationDenied: 'permission',
  HostAuthFailed: 'permission',
  HostKeyUnknown: 'permission',
  HostKeyChanged: 'permission',
  HostUnreachable: 'connection',
  RsyncInterrupted: 'connection',
  TransferInterrupted: 'connection',
  DestinationUnreachable: 'connection',
  HostShellPrintsText: 'protocol',
  DestinationFull: 'disk_full',
  SourceMissing: 'vanished',
};

export const errorTypeOfFailure = (type: FailureType): ErrorType => FAILURE_TYPES[type] ?? 'other';

/** One more of a kind. */
export const withError = (counts: ErrorCounts, type: ErrorType): ErrorCounts => ({
  ...counts,
  [type]: counts[type] + 1,
});

/** In words, for people: `3 permission, 1 disk full`; '' when there are none. */
export const errorCountsText = (counts: ErrorCounts): string =>
  ERROR_TYPES.filter((type) => counts[type] > 0)
    .map((type) => `${counts[type].toLocaleString('en')} ${type.replace('_', ' ')}`)
    .join(', ');
