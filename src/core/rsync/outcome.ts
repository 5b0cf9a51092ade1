import { textOf } from '../entries/entry.js';
import type { FailureType } from '../failures.js';
import type { FlawedEntry } from '../archive/manifest.js';
import type { Complaints } from './complaint-log.js';
import { rsyncExit } from './exit-codes.js';
import type { ErrorCounts } from '../errors/error-types.js';
import type { RsyncStatistics } from './statistics.js';
import { unescapeRsyncName } from './text.js';
import { explainSshFailure } from '../ssh/failures.js';

/** How an rsync from a host ended, as its process and its words tell. */
export interface RsyncEnd {
  readonly host: string;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly complaints: Complaints;
  /** Undefined when they were not printed, or not all of them could be read. */
  readonly statistics: RsyncStatistics | undefined;
  /** What became of the connection that it shared with others, as a clause. */
  readonly brokenBecause?: string;
}

export type RsyncOutcome =
  | {
      readonly kind: 'done';
      readonly exitCode: number;
      readonly statistics: RsyncStatistics;
      readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
      readonly errorCounts: ErrorCounts;
    }
  | {
      readonly kind: 'failed';
      readonly type: FailureType;
      readonly message: string;
      /** The host sent nothing, or no list of files: rsync changed nothing here. */
      readonly touchedNothing: boolean;
    };

/** Codes behind which ssh, not rsync, may have the reason. */
const SSH_CODES = [12, 124, 255];

/** Whether the connection may have broken: then it can say why. */
export const mayBeTheConnection = (exitCode: number | null): boolean =>
  exitCode !== null && [...SSH_CODES, 10, 30].includes(exitCode);
const NOTHING_RECEIVED = /connection unexpectedly closed \(0 bytes received so far\)|is your shell clean/;
const SHELL_WITHOUT_PROGRAM =
  /^-?[\w./]*sh(?::\d+)?: .*(?:not found|No such file|Permission denied|cannot execute|Unknown command)/i;
const SOURCE_FAILURES = {
  missing: 'SourceMissing',
  'not-directory': 'SourceNotDirectory',
  unreadable: 'SourceUnreadable',
} as const;
const DESTINATION_FAILURES = { full: 'DestinationFull', denied: 'DestinationDenied', broken: 'RsyncFailed' } as const;

/** Whether an rsync left a complete mirror, and if not, why. What cannot be read as a good end is a failure. */
export function judgeRsync(end: RsyncEnd): RsyncOutcome {
  return placeFailure(end) ?? sshFailure(end) ?? byExitCode(end);
}

function placeFailure({ exitCode, complaints: { source, destination } }: RsyncEnd): RsyncOutcome | undefined {
  if (exitCode === 0) return undefined;
  if (source) return failed(SOURCE_FAILURES[source.problem], source.message, true);
  if (destination) return failed(DESTINATION_FAILURES[destination.problem], destination.message);
  return undefined;
}

/** The connection never carried a byte of rsync's: why, is said by the host's shell or by ssh. */
function sshFailure(end: RsyncEnd): RsyncOutcome | undefined {
  const {
    host,
    exitCode,
    complaints: { lastLines },
    brokenBecause,
  } = end;
  const silent = lastLines.some((line) => NOTHING_RECEIVED.test(line));
  if (exitCode === null || !SSH_CODES.includes(exitCode) || !silent) return undefined;
  const own = lastLines.filter((line) => !/^rsync(?: error)?: /.test(line));
  const noProgram = own.find((line) => SHELL_WITHOUT_PROGRAM.test(line));
  if (noProgram !== undefined) return failed('ToolMissing', `${host}: rsync cannot be run: ${textOf(noProgram)}`, true);
  const { type, message } = explainSshFailure({
    host,
    exitCode: 255,
    stderrLines: own.length > 0 || brokenBecause === undefined ? own : [brokenBecause],
  });
  return failed(type, message, true);
}

function byExitCode(end: RsyncEnd): RsyncOutcome {
  const { exitCode, signal, complaints, statistics } = end;
  const silent = complaints.lastLines.some((line) => NOTHING_RECEIVED.test(line));
  const said = lastWords(complaints) + (end.brokenBecause === undefined ? '' : `; ${end.brokenBecause}`);
  if (exitCode === null)
    return failed('RsyncInterrupted', `rsync was ended by ${signal ?? 'an unknown signal'}${said}`, silent);
  const exit = rsyncExit(exitCode);
  const ended = `rsync ended with code ${exitCode}: ${exit.meaning}`;
  if (exit.class === 'retry' || exit.class === 'failed') {
    // Options are checked before anything is read or written.
    return failed(exit.failure, `${ended}${said}`, silent || exitCode === 1);
  }
  if (!statistics) return failed('RsyncFailed', `${ended}, but its statistics are incomplete${said}`);
  return { kind: 'done', exitCode, statistics, flaws: flawsOf(end), errorCounts: complaints.errorCounts };
}

/** A partial transfer whose reason could not be read has a flaw all the same. */
function flawsOf({ exitCode, complaints }: RsyncEnd): { count: number; first: readonly FlawedEntry[] } {
  if (complaints.flaws.count > 0 || exitCode === 0) return complaints.flaws;
  const message = `rsync ended with code ${exitCode}${lastWords(complaints)}`;
  return { count: 1, first: [{ path: '', flaw: 'unreadable', message }] };
}

function lastWords({ lastLines }: Complaints): string {
  const telling = lastLines.filter((line) => !/^\s*$|^\(see the rsync manpage/.test(line)).slice(-3);
  if (telling.length === 0) return '';
  return `: ${telling
    .map((line) => textOf(unescapeRsyncName(line)))
    .join(' | ')
    .slice(0, 2000)}`;
}

const failed = (type: FailureType, message: string, touchedNothing = false): RsyncOutcome => ({
  kind: 'failed',
  type,
  message,
  touchedNothing,
});
