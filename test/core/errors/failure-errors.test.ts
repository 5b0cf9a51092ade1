import { describe, expect, test } from 'vitest';
import { ERROR_TYPES, type ErrorType } from '../../../src/core/errors/error-types.js';
import { errorTypeOfFailure, isError } from '../../../src/core/errors/failure-errors.js';
import { FAILURES, type FailureType } from '../../../src/core/failures.js';

const ALL = Object.keys(FAILURES) as FailureType[];

describe('the type of a failure', () => {
  test('is one of those that there are, whatever the failure', () => {
    for (const type of ALL) expect(ERROR_TYPES, type).toContain(errorTypeOfFailure(type));
  });

  test.each<[ErrorType, FailureType[]]>([
    ['permission', ['HostAuthFailed', 'HostKeyUnknown', 'HostKeyChanged', 'SourceUnreadable']],
    ['permission', ['DestinationDenied', 'DatabaseLoginFailed', 'WrongKey', 'MetricsDenied']],
    ['connection', ['HostUnreachable', 'RsyncInterrupted', 'TransferInterrupted', 'DestinationUnreachable']],
    ['connection', ['DatabaseUnreachable', 'TemporalUnreachable']],
    ['timeout', ['TimedOut']],
    ['protocol', ['HostShellPrintsText']],
    ['disk_full', ['DestinationFull', 'RestoreTargetFull']],
    ['vanished', ['SourceMissing']],
    ['partial', ['RestoreIncomplete']],
    ['configuration', ['ConfigInvalid', 'ConfigNotFound', 'HostNotInConfig', 'SourceNotInConfig', 'SecretUnavailable']],
    ['configuration', ['ToolMissing', 'SourceNotDirectory', 'DestinationNotFound', 'DestinationInvalid']],
    ['configuration', ['DatabaseNotFound', 'KeysMissing', 'RecipientRefused']],
    ['hook', ['HookFailed', 'HookNotFound', 'HookTimedOut']],
    ['other', ['InternalError', 'RsyncFailed', 'RemoteCommandFailed', 'DumpFailed', 'WorkerLost']],
  ])('%s: %j', (type, failures) => {
    expect(failures.map(errorTypeOfFailure)).toEqual(failures.map(() => type));
  });

  test('that a newer version stored is not guessed', () => {
    expect(errorTypeOfFailure('FromTheFuture' as FailureType)).toBe('other');
  });

  test('a hold, a cancellation and a slow transfer are no errors, all others are', () => {
    expect(ALL.filter((type) => !isError(type)).sort()).toEqual(['Cancelled', 'SourceHeld', 'TransferSlow']);
  });
});
