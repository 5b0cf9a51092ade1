import { setCurrentDetails } from '@temporalio/workflow';
import type { ListHostsResult } from '../../activities/contract.js';
import { failure, type Failure } from '../../core/failures.js';
import { worstStatus } from '../../core/statuses.js';
import { fleetDetails } from './details-text.js';
import {
  counted,
  countOf,
  fitted,
  keepWorst,
  NO_COUNTS,
  statusOfCounts,
  uncounted,
  withAgain,
} from './fleet-summary.js';
import type {
  FleetBackupInput,
  FleetBackupResult,
  FleetProgress,
  FleetState,
  HostAgain,
  HostSummary,
} from '../messages.js';

/** What a fleetBackup knows so far: answers its query, writes the text that the Temporal UI shows, is carried on, and becomes its result. */
export interface FleetRecord {
  page(page: ListHostsResult): void;
  began(host: string, workflowId: string): void;
  /** @param before of a host that ends once more in this run: what it was at first */
  ended(host: HostSummary, before?: HostAgain): void;
  /** Undefined: it has not ended, or is not among those that are named. */
  ofHost(host: string): HostSummary | undefined;
  /** What became of a held source while the run waited. */
  remark(host: string, source: string, remark: string): void;
  note(remark: string): void;
  /** The run as a whole could not be done, or not to its end. */
  stop(reason: Failure): void;
  readonly progress: () => FleetProgress;
  /** What persons have said of the run is told with its progress. */
  tellAlso(control: () => OrdersInProgress): void;
  state(): FleetState;
  result(): FleetBackupResult;
  worstFailure(): Failure | undefined;
}

type OrdersInProgress = Pick<FleetProgress, 'paused' | 'holds'>;

const NOTES_AT_MOST = 50;

export function openFleetRecord({ plan, carried }: FleetBackupInput): FleetRecord {
  let control: () => OrdersInProgress = () => ({});
  const running = new Map<string, string>();
  let stopped: Failure | undefined;
  let state: FleetState = carried ?? {
    startedAtMs: Date.now(),
    offset: 0,
    hostsTotal: 0,
    counts: NO_COUNTS,
    backupsMade: 0,
    storedBytes: 0,
    hosts: [],
    notes: [],
  };
  const update = (news: Partial<FleetState>): void => {
    state = { ...state, ...news };
    setCurrentDetails(fleetDetails(progress()));
  };
  const ofHost = (host: string): HostSummary | undefined => state.hosts.find((one) => one.host === host);
  const progress = (): FleetProgress => ({
    plan,
    hostsTotal: state.hostsTotal,
    hostsDone: countOf(state.counts),
    counts: state.counts,
    running: [...running].map(([host, workflowId]) => ({ host, workflowId })),
    hosts: state.hosts,
    notes: state.notes,
    ...control(),
  });

  return {
    page: ({ hosts, total, notes }) =>
      update({
        offset: state.offset + hosts.length,
        hostsTotal: total,
        notes: noted(state.notes, notes),
      }),
    began: (host, workflowId) => {
      running.set(host, workflowId);
      update({});
    },
    ended: (again, before) => {
      running.delete(again.host);
      const earlier = ofHost(again.host);
      const host = before?.approved === undefined || earlier === undefined ? again : withAgain(earlier, again);
      const made = again.sources.filter(({ backupId }) => backupId !== undefined);
      update({
        counts: counted(before === undefined ? state.counts : uncounted(state.counts, before.was), host.status),
        hosts: keepWorst(
          state.hosts.filter((one) => one.host !== host.host),
          host,
        ),
        backupsMade: state.backupsMade + made.length,
        storedBytes: state.storedBytes + made.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      });
    },
    ofHost,
    remark: (host, source, remark) =>
      update({
        hosts: state.hosts.map((one) => (one.host === host ? remarked(one, source, remark) : one)),
        notes: noted(state.notes, [`${host}:${source}: ${remark}`]),
      }),
    note: (remark) => update({ notes: noted(state.notes, [remark]) }),
    stop: (reason) => {
      stopped = reason;
    },
    progress,
    tellAlso: (orders) => {
      control = orders;
    },
    state: () => ({ ...state, hosts: fitted(state.hosts) }),
    result: () => resultOf(plan, state, stopped),
    // A host that failed weighs more than that the rest was cancelled.
    worstFailure: () => (state.counts.failed > 0 ? worstFailureOf(state) : (stopped ?? worstFailureOf(state))),
  };
}

const noted = (notes: readonly string[], news: readonly string[]): readonly string[] =>
  [...new Set([...notes, ...news])].slice(0, NOTES_AT_MOST);

/** It waits no longer. */
function remarked(host: HostSummary, source: string, remark: string): HostSummary {
  const sources = host.sources.map((one) => {
    if (one.source !== source || one.failure === undefined) return one;
    const { heldUntilMs: _, ...rest } = one;
    return { ...rest, failure: { ...one.failure, message: `${one.failure.message} ${remark}` } };
  });
  return { ...host, sources };
}

function resultOf(plan: string, state: FleetState, stopped: Failure | undefined): FleetBackupResult {
  const { startedAtMs, offset: _, runHooks: _hooks, ...known } = state;
  const stoppedAs =
    stopped === undefined ? [] : [stopped.type === 'Cancelled' ? ('cancelled' as const) : ('failed' as const)];
  return {
    kind: 'fleet-backup',
    plan,
    status: worstStatus([...stoppedAs, statusOfCounts(known.counts)]),
    ...(stopped === undefined ? {} : { failure: stopped }),
    ...known,
    hosts: fitted(known.hosts),
    startedAtMs,
    durationMs: Date.now() - startedAtMs,
  };
}

/** The list is worst first: its first entry decided the status. */
function worstFailureOf({ counts, hosts }: FleetState): Failure | undefined {
  const worst = hosts[0];
  const reason = worst?.failure ?? worst?.sources[0]?.failure;
  if (worst === undefined || reason === undefined) return undefined;
  const others = counts[worst.status] - 1;
  const message = `${worst.host}: ${reason.message}${others > 0 ? ` (and ${others} more hosts ${worst.status})` : ''}`;
  return failure(reason.type, message, {
    host: worst.host,
    ...(reason.source === undefined ? {} : { source: reason.source }),
  });
}
