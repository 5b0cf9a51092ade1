import type { SourceHealth, Unprotected } from '../history/fleet-state.js';
import type { SourceRecord, SourceTags } from '../history/records.js';
import type { FailureType } from '../failures.js';
import type { Status } from '../statuses.js';
import { lettersOf, type DayLetters } from './day-letters.js';
import { errorsIn } from './day-sums.js';
import { cutText } from './cut-text.js';
import { dayOf, eachDay, type ReportWindow } from './window.js';

/** What a report says of one source. */
export interface SourceReport extends SourceTags {
  /** Why it is not protected; absent: it is. */
  readonly unprotected?: Unprotected;
  /** How its last run ended; absent: it had none. */
  readonly status?: Status;
  /** Why that run did not end well. */
  readonly failure?: { readonly type: FailureType; readonly message: string };
  /** What a program said of it first. */
  readonly evidence?: string;
  readonly lastRunAtMs?: number;
  readonly lastSuccessAtMs?: number;
  /** Absent: nobody said. */
  readonly expectEveryMs?: number;
  readonly lastProofAtMs?: number;
  readonly days: DayLetters;
  /** What its backups added in these days. */
  readonly storedBytes: number;
  readonly errors: number;
  /** Of its copies without snapshots, as last measured; absent: never measured. */
  readonly sizeBytes?: number;
  /** From the first to the last measurement of these days; absent: there are not two. */
  readonly grownBytes?: number;
  /** What only its snapshots hold; absent: nothing tells (elsewhere than on BTRFS). */
  readonly snapshotBytes?: number;
}

const MESSAGE_CHARACTERS = 300;
const EVIDENCE_CHARACTERS = 200;

/** @param records of this source, in any order */
export function sourceReport(
  health: SourceHealth,
  records: readonly SourceRecord[],
  window: ReportWindow,
): Omit<SourceReport, 'sizeBytes' | 'grownBytes' | 'snapshotBytes'> {
  const { host, source, destination, engine, unprotected, status, state } = health;
  const { lastSuccessAtMs, expectEveryMs, lastProofAtMs } = health;
  const within = records.filter(({ atMs }) => dayOf(window, atMs) !== undefined);
  const statuses = eachDay(window, (): Status[] => []);
  for (const record of within) statuses[dayOf(window, record.atMs) ?? 0]?.push(record.status);
  const last = status === 'ok' ? undefined : state?.last;
  const [evidence] = last?.evidence ?? [];
  return {
    host,
    source,
    destination,
    engine,
    ...given({ unprotected, status, lastRunAtMs: state?.last?.atMs, lastSuccessAtMs, expectEveryMs, lastProofAtMs }),
    ...(last?.failure === undefined
      ? {}
      : { failure: { type: last.failure.type, message: cutText(last.failure.message, MESSAGE_CHARACTERS) } }),
    ...(evidence === undefined ? {} : { evidence: cutText(evidence, EVIDENCE_CHARACTERS) }),
    days: lettersOf(statuses),
    storedBytes: sum(within.map(({ storedBytes }) => storedBytes)),
    errors: sum(within.map(errorsIn)),
  };
}

/** Without what is not known: absent and undefined are the same in JSON, and not to the compiler. */
type Given<Values> = { readonly [Key in keyof Values]?: Exclude<Values[Key], undefined> };
const given = <Values extends object>(values: Values): Given<Values> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<Values>;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
