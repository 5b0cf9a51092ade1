import { textOf } from '../entries/entry.js';
import type { FailureType } from '../failures.js';
import type { FlawedEntry } from '../archive/manifest.js';
import type { Complaints } from './complaint-log.js';
import { rsyncExit } from './exit-codes.js';
import { type ErrorCounts, sumOfErrors, withError } from '../errors/error-types.js';
import { errorCountsOfFlaws } from '../errors/flaw-errors.js';
import { evidenceLines, type FailureEvidence } from '../errors/evidence.js';
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
      readonly evidence: FailureEvidence;
    };

/** Some files vanished, and nothing else was amiss: rsync(1). */
const VANISHED_EXIT = 24;
const NOT_TELLING = /^\s*$|^\(see the rsync manpage/;

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

type Judgement = Extract<RsyncOutcome, { kind: 'done' }> | Omit<Extract<RsyncOutcome, { kind: 'failed' }>, 'evidence'>;

/** Whether an rsync left a complete mirror, and if not, why. What cannot be read as a good end is a failure. */
export function judgeRsync(end: RsyncEnd): RsyncOutcome {
  const judgement = placeFailure(end) ?? sshFailure(end) ?? byExitCode(end);
  return judgement.kind === 'done' ? judgement : { ...judgement, evidence: evidenceOf(end) };
}

function placeFailure({ exitCode, complaints: { source, destination } }: RsyncEnd): Judgement | undefined {
  if (exitCode === 0) return undefined;
  if (source) return failed(SOURCE_FAILURES[source.problem], source.message, true);
  if (destination) return failed(DESTINATION_FAILURES[destination.problem], destination.message);
  return undefined;
}

/** What decided comes first: the place; else what ssh, the host and rsync itself said last. Then the entries that were complained about. */
function evidenceOf({ exitCode, complaints, brokenBecause }: RsyncEnd): FailureEvidence {
  const { source, destination, otherLines, flaws, errorCounts } = complaints;
  const place = exitCode === 0 ? undefined : (source ?? destination);
  const said = [
    ...(place === undefined ? [] : [place.message]),
    ...otherLines.filter((line) => !NOT_TELLING.test(line)).map((line) => textOf(unescapeRsyncName(line))),
    ...(brokenBecause === undefined ? [] : [brokenBecause]),
    ...flaws.first.map(({ message }) => message),
  ];
  return {
    lines: evidenceLines(said),
    // The place itself is what the failure counts.
    errorCounts: place === undefined ? errorCounts : withError(errorCounts, place.error, -1),
    ...(exitCode === null ? {} : { rsyncExitCode: exitCode }),
  };
}

/** The connection never carried a byte of rsync's: why, is said by the host's shell or by ssh. */
function sshFailure(end: RsyncEnd): Judgement | undefined {
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

function byExitCode(end: RsyncEnd): Judgement {
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
  const flaws = flawsOf(end);
  const wasCounted = sumOfErrors(complaints.errorCounts) > 0;
  const errorCounts = wasCounted ? complaints.errorCounts : errorCountsOfFlaws(flaws);
  return { kind: 'done', exitCode, statistics, flaws, errorCounts };
}

/** A partial transfer whose reason could not be read has a flaw all the same. */
function flawsOf({ exitCode, complaints }: RsyncEnd): { count: number; first: readonly FlawedEntry[] } {
  if (complaints.flaws.count > 0 || exitCode === 0) return complaints.flaws;
  const message = `rsync ended with code ${exitCode}${lastWords(complaints)}`;
  return { count: 1, first: [{ path: '', flaw: exitCode === VANISHED_EXIT ? 'vanished' : 'unreadable', message }] };
}

function lastWords({ lastLines }: Complaints): string {
  const telling = lastLines.filter((line) => !NOT_TELLING.test(line)).slice(-3);
  if (telling.length === 0) return '';
  return `: ${telling
    .map((line) => textOf(unescapeRsyncName(line)))
    .join(' | ')
    .slice(0, 2000)}`;
}

const failed = (type: FailureType, message: string, touchedNothing = false): Judgement => ({
  kind: 'failed',
  type,
  message,
  touchedNothing,
});
