import { setCurrentDetails } from '@temporalio/workflow';
import type { ListHostsResult } from '../activities/contract.js';
import { failure, type Failure } from '../core/failures.js';
import { worstStatus } from '../core/statuses.js';
import { fleetDetails } from './details-text.js';
import { counted, countOf, fitted, keepWorst, NO_COUNTS, statusOfCounts } from './fleet-summary.js';
import type { FleetBackupInput, FleetBackupResult, FleetProgress, FleetState, HostSummary } from './messages.js';

/** What a fleetBackup knows so far: answers its query, writes the text that the Temporal UI shows, is carried on, and becomes its result. */
export interface FleetRecord {
  page(page: ListHostsResult): void;
  began(host: string, workflowId: string): void;
  ended(host: HostSummary): void;
  /** The run as a whole could not be done, or not to its end. */
  stop(reason: Failure): void;
  readonly progress: () => FleetProgress;
  state(): FleetState;
  result(): FleetBackupResult;
  worstFailure(): Failure | undefined;
}

const NOTES_AT_MOST = 50;

export function openFleetRecord({ plan, carried }: FleetBackupInput): FleetRecord {
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
  const progress = (): FleetProgress => ({
    plan,
    hostsTotal: state.hostsTotal,
    hostsDone: countOf(state.counts),
    counts: state.counts,
    running: [...running].map(([host, workflowId]) => ({ host, workflowId })),
    hosts: state.hosts,
    notes: state.notes,
  });

  return {
    page: ({ hosts, total, notes }) =>
      update({
        offset: state.offset + hosts.length,
        hostsTotal: total,
        notes: [...new Set([...state.notes, ...notes])].slice(0, NOTES_AT_MOST),
      }),
    began: (host, workflowId) => {
      running.set(host, workflowId);
      update({});
    },
    ended: (host) => {
      running.delete(host.host);
      const made = host.sources.filter(({ backupId }) => backupId !== undefined);
      update({
        counts: counted(state.counts, host.status),
        hosts: keepWorst(state.hosts, host),
        backupsMade: state.backupsMade + made.length,
        storedBytes: state.storedBytes + made.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      });
    },
    stop: (reason) => {
      stopped = reason;
    },
    progress,
    state: () => ({ ...state, hosts: fitted(state.hosts) }),
    result: () => resultOf(plan, state, stopped),
    // A host that failed weighs more than that the rest was cancelled.
    worstFailure: () => (state.counts.failed > 0 ? worstFailureOf(state) : (stopped ?? worstFailureOf(state))),
  };
}

function resultOf(plan: string, state: FleetState, stopped: Failure | undefined): FleetBackupResult {
  const { startedAtMs, offset: _, ...known } = state;
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
