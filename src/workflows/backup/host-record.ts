import { setCurrentDetails } from '@temporalio/workflow';
import type { ProbeHostResult } from '../../activities/contract.js';
import { failure, type Failure } from '../../core/failures.js';
import { waitText } from '../../core/hosts/wait.js';
import type { BackupOptions, SourcePlan } from '../../core/plan.js';
import { worstStatus, type Status } from '../../core/statuses.js';
import { hostDetails } from './details-text.js';
import type { HostBackupResult, HostProgress, SourceProgress, SourceResult } from '../messages.js';
import { withErrors } from './source-errors.js';
import { fitted, notBegun } from './source-result.js';
import type { SourceRun } from './source-run.js';

/** What a hostBackup knows so far: answers its query, writes the text that the Temporal UI shows, and becomes its result. */
export interface HostRecord {
  expect(sources: readonly SourcePlan[]): void;
  /** The host does not answer and is waited for. */
  waits(wait: HostWait): void;
  seen(probe: ProbeHostResult): void;
  /** The host as a whole could not be backed up: no source is begun. */
  stop(reason: Failure): void;
  add(result: SourceResult): void;
  teller(source: SourcePlan): SourceRun['tell'];
  readonly progress: () => HostProgress;
  result(): HostBackupResult;
  /** Sources that have ended, in that order, with all that is known of them. */
  ended(): readonly SourceResult[];
  /** Why no source, or no further one, is begun. */
  stopped(): Failure | undefined;
  /** The failure that decided the status. */
  worstFailure(): Failure | undefined;
}

/** How long a host that did not answer has been waited for. */
export interface HostWait {
  readonly waitedMs: number;
  /** So many looks at it had no answer, or the last one had. */
  readonly looks: number;
  readonly limitMs: number;
  readonly answered?: true;
}

/** Beyond this, times in listings and the host's own logs no longer tell what came first. */
const CLOCK_SKEW_WORTH_A_NOTE_MS = 60_000;

export function openHostRecord(host: string, { dryRun }: Pick<BackupOptions, 'dryRun'>): HostRecord {
  const startedAtMs = Date.now();
  const results: SourceResult[] = [];
  const notes: string[] = [];
  let expected: readonly SourcePlan[] = [];
  let sources: readonly SourceProgress[] = [];
  let stopped: { readonly status: Status; readonly failure: Failure } | undefined;
  let clockSkewMs: number | undefined;
  let wait: HostWait | undefined;

  const show = (): void => setCurrentDetails(hostDetails(progress()));
  const update = (source: string, news: Partial<SourceProgress>): void => {
    sources = sources.map((one) => (one.source === source ? { ...one, ...news } : one));
    show();
  };
  const stop = (reason: Failure): void => {
    stopped = { status: statusOfStop(reason), failure: reason };
    for (const source of expected)
      add(withErrors(notBegun(source, stopped.status, undefined, { dryRun }), { ending: { failure: reason } }));
    show();
  };
  const add = (result: SourceResult): void => {
    results.push(result);
    update(result.source, { step: 'done', status: result.status });
  };
  const progress = (): HostProgress => ({ host, doing: doingOf(sources, stopped?.failure, wait), sources });

  return {
    expect: (plans) => {
      expected = plans;
      sources = plans.map(waiting);
      show();
    },
    waits: (news) => {
      wait = news;
      if (news.answered === true)
        notes.push(
          `${host} did not answer at first; it was waited for ${waitText(news.waitedMs)}, ${news.looks} looks.`,
        );
      show();
    },
    seen: (probe) => {
      clockSkewMs = probe.clockSkewMs;
      if (clockSkewMs !== undefined && Math.abs(clockSkewMs) >= CLOCK_SKEW_WORTH_A_NOTE_MS) {
        const direction = clockSkewMs > 0 ? 'ahead of' : 'behind';
        notes.push(`The clock of ${host} is ${Math.round(Math.abs(clockSkewMs) / 1000)} s ${direction} the worker's.`);
      }
      if (expected.length === 0)
        stop(failure('SourceNotInConfig', `${host} has none of the sources asked for.`, { host }));
    },
    stop,
    add,
    teller: (source) => (news) => update(source.name, news),
    progress,
    result: () => ({
      kind: 'host-backup',
      host,
      status: worstStatus([...(stopped === undefined ? [] : [stopped.status]), ...results.map(({ status }) => status)]),
      ...(dryRun ? { dryRun: true as const } : {}),
      ...(stopped === undefined ? {} : { failure: stopped.failure }),
      sources: fitted(results),
      ...(clockSkewMs === undefined ? {} : { clockSkewMs }),
      ...(wait === undefined ? {} : { waitedMs: wait.waitedMs }),
      notes,
      startedAtMs,
      durationMs: Date.now() - startedAtMs,
    }),
    ended: () => results,
    stopped: () => stopped?.failure,
    worstFailure: () => {
      const worst = worstStatus(results.map(({ status }) => status));
      return stopped?.failure ?? results.find(({ status }) => status === worst)?.failure;
    },
  };
}

/** A host that is away is nobody's failure: laptops sleep, machines are moved. It is reported, and the next run tries again. */
function statusOfStop({ type }: Failure): Status {
  switch (type) {
    case 'HostUnreachable':
      return 'skipped';
    case 'Cancelled':
      return 'cancelled';
    default:
      return 'failed';
  }
}

const waiting = ({ name, engine }: SourcePlan): SourceProgress => ({
  source: name,
  engine,
  step: 'waiting',
  shardsDone: 0,
  shardsTotal: 0,
  changedBytes: 0,
  rawBytes: 0,
  storedBytes: 0,
});

function doingOf(sources: readonly SourceProgress[], stopped: Failure | undefined, wait: HostWait | undefined): string {
  if (stopped !== undefined) return stopped.message;
  const running = sources.find(({ step }) => step !== 'waiting' && step !== 'done');
  if (running !== undefined) return `${running.source}: ${running.step}`;
  if (wait !== undefined && wait.answered !== true)
    return `waiting for the host, which does not answer (${wait.looks} looks, ${waitText(wait.limitMs)} at most)`;
  return sources.length > 0 && sources.every(({ step }) => step === 'done') ? 'done' : 'looking at the host';
}
