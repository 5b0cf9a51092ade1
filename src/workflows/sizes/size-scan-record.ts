import { sizesWorkflowId } from '../../core/ids.js';
import type { Failure } from '../../core/failures.js';
import { worstStatus, type Status } from '../../core/statuses.js';
import type { HostSizes, ScanSizesInput, ScanSizesProgress, ScanSizesResult, ScanSizesState } from '../messages.js';
import { firstThatFit } from '../payload-budget.js';
import { NO_SIZES, statusOfSizes, statusOfStop, sumOfSizes } from './sizes-record.js';

const BYTES_AT_MOST = 40 * 1024;
const HOSTS_AT_MOST = 200;
const WORST_FIRST: readonly Status[] = ['failed', 'cancelled', 'held', 'skipped', 'warning', 'ok'];

/** What is known of a scan of many hosts so far: answers its query, is carried on, and becomes its result. */
export interface ScanRecord {
  total(hosts: number): void;
  began(host: string): void;
  ended(host: HostSizes): void;
  /** The scan as a whole could not be done, or not to its end. */
  stop(reason: Failure): void;
  readonly progress: () => ScanSizesProgress;
  state(): ScanSizesState;
  result(): ScanSizesResult;
}

export function openScanRecord({ carried }: ScanSizesInput): ScanRecord {
  const running = new Set<string>();
  let hostsTotal = 0;
  let stopped: Failure | undefined;
  let state: ScanSizesState = carried ?? { startedAtMs: Date.now(), hostsDone: 0, counts: NO_SIZES, hosts: [] };
  const worst = (): readonly HostSizes[] => firstThatFit(state.hosts, BYTES_AT_MOST);

  return {
    total: (hosts) => {
      hostsTotal = hosts;
    },
    began: (host) => {
      running.add(host);
    },
    ended: (host) => {
      running.delete(host.host);
      const hosts = [...state.hosts, host].sort(
        (a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status),
      );
      const counts = sumOfSizes(state.counts, host.counts);
      state = { ...state, hostsDone: state.hostsDone + 1, counts, hosts: hosts.slice(0, HOSTS_AT_MOST) };
    },
    stop: (reason) => {
      stopped = reason;
    },
    progress: () => ({
      hostsTotal,
      hostsDone: state.hostsDone,
      counts: state.counts,
      running: [...running].map((host) => ({ host, workflowId: sizesWorkflowId(host) })),
      hosts: worst(),
    }),
    state: () => ({ ...state, hosts: worst() }),
    result: () => {
      const { startedAtMs, counts, hosts } = state;
      const reason = stopped ?? hosts.find((host) => host.failure !== undefined)?.failure;
      const whole = stopped === undefined ? [] : [statusOfStop(stopped)];
      return {
        kind: 'scan-sizes',
        status: worstStatus([...hosts.map(({ status }) => status), statusOfSizes(counts), ...whole]),
        ...(reason === undefined ? {} : { failure: reason }),
        counts,
        hosts: worst(),
        startedAtMs,
        durationMs: Date.now() - startedAtMs,
      };
    },
  };
}
