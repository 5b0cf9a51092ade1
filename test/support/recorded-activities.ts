import { Context } from '@temporalio/activity';
import type {
  ArchivePlan,
  HoldfastActivities,
  InspectMirrorResult,
  RestorePlan,
  TransferStatistics,
} from '../../src/activities/contract.js';
import { underHeartbeat } from '../../src/activities/heartbeat.js';
import type { HostPlan } from '../../src/core/plan.js';
import { hostPlan } from './plans.js';

export type Call = { readonly name: keyof HoldfastActivities; readonly input: any; readonly attempt: number };

export interface RecordedActivities {
  readonly activities: HoldfastActivities;
  readonly calls: readonly Call[];
  /** `writeShard web1/www #3`, in the order in which they were begun. */
  steps(): string[];
  of<Name extends keyof HoldfastActivities>(name: Name): Parameters<HoldfastActivities[Name]>[0][];
  /** Resolves when the activity has been called for the n-th time. */
  called(name: keyof HoldfastActivities, times?: number): Promise<void>;
}

export type Overrides = { readonly [Name in keyof HoldfastActivities]?: HoldfastActivities[Name] };

/**
 * Activities that do nothing but behind the real boundary (heartbeats, mapping of failures), and keep a list of their calls.
 * Every host that is asked for exists, answers, and has what `hosts` says, or one mirror source.
 */
export function recordActivities(hosts: readonly HostPlan[], overrides: Overrides = {}): RecordedActivities {
  const calls: Call[] = [];
  const waiting: { name: string; times: number; resolve: () => void }[] = [];
  const recorded =
    (name: keyof HoldfastActivities, work: (input: any) => Promise<unknown>) =>
    (input: any): Promise<unknown> =>
      underHeartbeat({}, async ({ attempt }) => {
        calls.push({ name, input, attempt });
        const count = calls.filter((call) => call.name === name).length;
        for (const one of waiting) if (one.name === name && count >= one.times) one.resolve();
        return work(input);
      });
  const all = { ...doingNothing(hosts), ...overrides };
  const activities = Object.fromEntries(
    Object.entries(all).map(([name, work]) => [name, recorded(name as keyof HoldfastActivities, work as never)]),
  ) as unknown as HoldfastActivities;
  return {
    activities,
    calls,
    steps: () => calls.map(textOf),
    of: (name) => calls.filter((call) => call.name === name).map((call) => call.input),
    called: (name, times = 1) =>
      new Promise((resolve) => {
        if (calls.filter((call) => call.name === name).length >= times) resolve();
        else waiting.push({ name, times, resolve });
      }),
  };
}

function textOf({ name, input }: Call): string {
  const host = input.host?.name ?? input.host ?? input.request?.host;
  const source = input.source?.name ?? input.request?.source;
  const place = [host, source].filter((part) => part !== undefined).join('/');
  const detail = input.phase ?? (input.shard ?? input.part)?.toString();
  return [name, place, detail].filter((part) => part !== undefined && part !== '').join(' ');
}

/** Waits as a transfer does, heartbeating, until the activity is cancelled; then ends as one whose process was killed. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), 20);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(timer);
  }
}

export const STATISTICS: TransferStatistics = {
  filesTotal: 100,
  filesTransferred: 5,
  filesCreated: 2,
  filesDeleted: 1,
  totalSizeBytes: 1_000_000,
  literalBytes: 50_000,
  matchedBytes: 0,
  bytesSent: 2_000,
  bytesReceived: 52_000,
  speedup: 18.5,
};

export const MIRROR_LOOK: InspectMirrorResult = {
  lastBackupId: '20261120T020000Z-0',
  previousEntries: 99,
  entries: 100,
  deletions: 1,
  firstDeleted: ['old'],
  changes: 5,
  unchanged: false,
  statistics: STATISTICS,
  notes: [],
};

export const ARCHIVE_PLAN: ArchivePlan = {
  backupId: '20261121T020000Z-1',
  level: 1,
  parent: '20261120T020000Z-0',
  chain: ['20261120T020000Z-0', '20261121T020000Z-1'],
  planPrefix: 'web1/www/20261121T020000Z-1/plan-1/',
  shards: 3,
  counts: { entries: 100, files: 90, directories: 10, symlinks: 0, others: 0 },
  sourceBytes: 1_000_000,
  previousEntries: 99,
  changed: 5,
  changedBytes: 50_000,
  deleted: 1,
  firstDeleted: ['old'],
  scannedAtMs: 1_795_226_400_000,
  compressOn: 'host',
  tarVersion: '1.34',
  compressor: 'zstd 1.5.4',
  notes: [],
};

export const RESTORE_PLAN: RestorePlan = {
  engine: 'archive',
  backupId: '20261121T020000Z-1',
  chain: ['20261120T020000Z-0', '20261121T020000Z-1'],
  from: 'vault',
  targetPath: '/restore',
  targetMachine: 'here',
  taskQueue: '',
  spool: '/spool/restore',
  parts: 3,
  counts: { create: 100, replace: 0, keep: 0, delete: 0 },
  bytesToWrite: 1_000_000,
  bytesToRead: 400_000,
  flaws: { count: 0, first: [] },
  notes: [],
};

const NO_FLAWS = { count: 0, first: [] };

function doingNothing(hosts: readonly HostPlan[]): HoldfastActivities {
  return {
    listHosts: async ({ offset, limit }) => ({
      hosts: hosts.slice(offset, offset + limit).map(({ name }) => name),
      total: hosts.length,
      notes: [],
    }),
    loadHost: async ({ host }) => hosts.find(({ name }) => name === host) ?? hostPlan({ name: host }),
    probeHost: async ({ host }) => ({
      tools: { rsync: '3.2.7' },
      clockSkewMs: 3,
      sources: host.sources.map(({ name }) => ({ source: name, state: 'directory' as const })),
      roundTripMs: 1,
    }),
    runScript: async () => ({ exitCode: 0, durationMs: 1, output: 'done\n' }),
    inspectMirror: async () => MIRROR_LOOK,
    syncMirror: async () => ({ statistics: STATISTICS, exitCode: 0, flaws: NO_FLAWS }),
    commitMirror: async () => ({ backupId: '20261121T020000Z-0', status: 'ok' }),
    planArchive: async () => ARCHIVE_PLAN,
    writeShard: async () => ({ sizeBytes: 1_000, rawBytes: 3_000, flaws: 0, reused: false }),
    commitArchive: async () => ({
      backupId: ARCHIVE_PLAN.backupId,
      status: 'ok',
      storedBytes: 3_000,
      rawBytes: 9_000,
      flaws: NO_FLAWS,
    }),
    discardArchivePlan: async () => undefined,
    listBackups: async () => ({ backups: [], failures: [] }),
    // The queue is the test's own.
    planRestore: async () => ({ ...RESTORE_PLAN, taskQueue: Context.current().info.taskQueue }),
    prepareRestore: async () => undefined,
    extractShard: async () => ({ entries: 30, bytesRead: 100_000 }),
    finishRestore: async () => ({ status: 'ok', compared: 100, differences: NO_FLAWS }),
    restoreMirror: async () => ({ status: 'ok', compared: 100, differences: NO_FLAWS }),
    discardRestore: async () => undefined,
  };
}
