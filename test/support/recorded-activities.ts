import { Context } from '@temporalio/activity';
import type {
  ArchivePlan,
  CompareWithHostResult,
  HoldfastActivities,
  InspectMirrorResult,
  PrunedSource,
  RestorePlan,
  RunHookInput,
  TransferStatistics,
} from '../../src/activities/contract.js';
import { underHeartbeat } from '../../src/activities/heartbeat.js';
import { NO_DAMAGE } from '../../src/core/verify/damage.js';
import { hookName } from '../../src/core/hooks/hooks.js';
import type { HostPlan } from '../../src/core/plan.js';
import { hostPlan } from './plans.js';

export interface Call {
  readonly name: Name;
  readonly input: unknown;
  readonly attempt: number;
}

type Name = keyof HoldfastActivities;
type InputOf<One extends Name> = Parameters<HoldfastActivities[One]>[0];

export interface RecordedActivities {
  readonly activities: HoldfastActivities;
  readonly calls: readonly Call[];
  /** `writeShard web1/www 3`, in the order in which they were begun; without notes in history, which do nothing to a backup. */
  readonly steps: () => string[];
  /** The inputs of one Activity's calls. */
  readonly of: <One extends Name>(name: One) => InputOf<One>[];
  /** Resolves when the Activity has been called so many times. */
  readonly called: (name: Name, times?: number) => Promise<void>;
}

export type Overrides = { readonly [Name in keyof HoldfastActivities]?: HoldfastActivities[Name] };

/**
 * Activities that do nothing but behind the real boundary (heartbeats, mapping of failures), and keep a list of their calls.
 * Every host that is asked for exists, answers, and has what `hosts` says, or one mirror source.
 */
export function recordActivities(hosts: readonly HostPlan[], overrides: Overrides = {}): RecordedActivities {
  const calls: Call[] = [];
  const waiting: { readonly enough: () => boolean; readonly resolve: () => void }[] = [];
  const callsOf = (name: Name): Call[] => calls.filter((call) => call.name === name);
  const recorded = (name: Name, work: Work) => (input: unknown) =>
    underHeartbeat({}, async ({ attempt }) => {
      calls.push({ name, input, attempt });
      for (const { enough, resolve } of waiting) if (enough()) resolve();
      return work(input);
    });
  const works = Object.entries({ ...doingNothing(hosts), ...overrides }) as [Name, Work][];
  const activities = Object.fromEntries(works.map(([name, work]) => [name, recorded(name, work)]));
  return {
    activities: activities as unknown as HoldfastActivities,
    calls,
    steps: () => calls.filter(({ name }) => name !== 'noteEnded').map(textOf),
    of: <One extends Name>(name: One) => callsOf(name).map(({ input }) => input as InputOf<One>),
    called: (name, times = 1) =>
      new Promise((resolve) => {
        const enough = (): boolean => callsOf(name).length >= times;
        if (enough()) resolve();
        else waiting.push({ enough, resolve });
      }),
  };
}

/** What the inputs of all Activities have in common, where they have it. */
interface Subject {
  readonly host?: string | { readonly name: string };
  readonly source?: { readonly name: string };
  readonly request?: { readonly host: string; readonly source: string };
  readonly phase?: string;
  readonly shard?: number;
  readonly part?: number;
  readonly batch?: number;
  readonly dump?: number;
}

type Work = (input: unknown) => Promise<unknown>;

function textOf({ name, input }: Call): string {
  if (name === 'runHook') return hookText(input as RunHookInput);
  const { host, source, request, phase, shard, part, batch, dump } = input as Subject;
  const place = [typeof host === 'object' ? host.name : (host ?? request?.host), source?.name ?? request?.source];
  const detail = phase ?? (shard ?? part ?? batch ?? dump)?.toString();
  return [name, place.filter((word) => word !== undefined).join('/'), detail].filter(Boolean).join(' ');
}

/** `runHook web1/www before_source mount`. */
function hookText({ hook, host, source }: RunHookInput): string {
  const place = [host, source].filter((word) => word !== undefined).join('/');
  return ['runHook', place, hook.on, hookName(hook)].filter(Boolean).join(' ');
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
  tarOptions: [],
  compressor: 'zstd 1.5.4',
  notes: [],
};

export const PRUNED: PrunedSource = {
  host: 'web1',
  source: 'www',
  status: 'ok',
  kept: 7,
  waiting: 2,
  marked: 1,
  unmarked: 0,
  deleted: 1,
  freedBytes: 1_000,
  firstMarked: ['20261001T020000Z-0'],
  firstDeleted: ['20260901T020000Z-0'],
  swept: { objects: 0, bytes: 0, unfinished: 0 },
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

export const COMPARISON: CompareWithHostResult = {
  backupId: '20261121T020000Z-1',
  entries: 100,
  unchanged: 100,
  changed: NO_FLAWS,
  created: NO_FLAWS,
  deleted: NO_FLAWS,
  content: { filesCompared: 10, bytesCompared: 1_000, differing: NO_FLAWS, notCompared: NO_FLAWS },
};

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
    verifyHost: async ({ host }) => ({
      address: `root@${host.name}:22`,
      checks: [{ check: 'login', state: 'ok', seen: 'logged in as root' }],
      durationMs: 1,
    }),
    runScript: async () => ({ exitCode: 0, durationMs: 1, output: 'done\n' }),
    runHook: async () => ({ durationMs: 1, output: 'done\n' }),
    freezeSource: async ({ source }) => ({
      readPath: `/frozen${source.path}`,
      frozenAtMs: 1_795_226_399_000,
      notIncluded: { count: 0, first: [] },
      notFrozen: { count: 0, first: [] },
    }),
    thawSource: async () => ({ troubles: [] }),
    inspectMirror: async () => MIRROR_LOOK,
    syncMirror: async () => ({ statistics: STATISTICS, exitCode: 0, flaws: NO_FLAWS }),
    commitMirror: async () => ({ backupId: '20261121T020000Z-0', status: 'ok' }),
    planArchive: async () => ARCHIVE_PLAN,
    writeShard: async () => ({ sizeBytes: 1_000, rawBytes: 3_000, flaws: 0, reused: false }),
    writeExtents: async () => ({
      sent: 2,
      unchanged: 13,
      holes: 1,
      sizeBytes: 2_000,
      rawBytes: 6_000,
      flaws: 0,
      reused: 0,
    }),
    commitArchive: async () => ({
      backupId: ARCHIVE_PLAN.backupId,
      status: 'ok',
      storedBytes: 3_000,
      rawBytes: 9_000,
      flaws: NO_FLAWS,
    }),
    discardArchivePlan: async () => undefined,
    planDump: async () => ({ plan: { ...ARCHIVE_PLAN, level: 0, parent: null, shards: 0 }, dumps: 2 }),
    writeDump: async ({ dump }) => ({
      fileName: `db${dump}.dump`,
      sizeBytes: 1_000,
      rawBytes: 3_000,
      remarks: [],
      reused: false,
    }),
    commitDump: async () => ({
      backupId: ARCHIVE_PLAN.backupId,
      status: 'ok',
      storedBytes: 3_000,
      rawBytes: 9_000,
      flaws: NO_FLAWS,
      entries: 3,
      sourceBytes: 9_000,
    }),
    listBackups: async () => ({ backups: [], failures: [] }),
    recordRun: async () => undefined,
    catalogHost: async () => ({ sources: 1, backups: 2, failures: [] }),
    forgetCataloged: async () => ({ forgotten: 0 }),
    listRuns: async () => ({ runs: [] }),
    readReport: async ({ days }) => ({
      window: { untilMs: 1_795_226_400_000, days },
      part: { sources: [], days: [], failures: [], failuresTotal: 0, destinations: [] },
    }),
    noteEnded: async () => undefined,
    collectHistory: async () => ({ added: 0 }),
    sendMetrics: async () => ({ configured: true, sent: 3, refused: 0, left: 0 }),
    testMetrics: async () => ({ address: 'http://influx:8086', configured: '2.x', version: 'v2.7.12', checks: [] }),
    queryMetrics: async () => ({ rows: [] }),
    backfillMetrics: async () => ({ marked: 7 }),
    findSizes: async () => ({ targets: [{ kind: 'mirror', name: '' }], leftOut: 0 }),
    measureSize: async ({ host, source, kind, name }) => ({
      size: {
        host: host.name,
        source: source.name,
        kind,
        name,
        destination: source.destination.name,
        totalBytes: 4_096,
        complete: true,
        remarks: [],
        measuredAt: '2026-11-21T02:00:00.000Z',
        durationMs: 5,
      },
    }),
    listSizes: async () => ({ sizes: [], total: 0 }),
    listFiles: async () => ({
      source: 'www',
      engine: 'archive',
      backupId: ARCHIVE_PLAN.backupId,
      files: [],
      notes: [],
    }),
    findFiles: async () => ({ versions: [], failures: [] }),
    diffBackups: async () => ({ source: 'www', before: ARCHIVE_PLAN.backupId, now: ARCHIVE_PLAN.backupId, files: [] }),
    listPruneDestinations: async () => ['vault'],
    pruneSources: async () => ({ total: 1, sources: [PRUNED] }),
    recordPrune: async () => undefined,
    previewPrune: async () => ({ sources: [] }),
    pinBackups: async ({ ids }) => ({ changed: ids }),
    listSnapshots: async () => ({ sources: [] }),
    dueSnapshots: async () => ({ kinds: ['daily'], leftovers: false }),
    snapshotMirror: async () => ({
      backupId: '20261121T020000Z-0',
      made: [],
      removed: { count: 0, first: [] },
      kept: 0,
      problems: [],
      failures: [],
      notes: [],
    }),
    pinSnapshots: async ({ names }) => ({ changed: names }),
    consolidateBackup: async () => ({
      backupId: ARCHIVE_PLAN.backupId,
      status: 'ok',
      from: '20261120T020000Z-0',
      shards: 3,
      storedBytes: 1_000,
      deadBytes: 0,
      rawBytes: 3_000,
    }),
    planVerification: async () => ({ backups: ['20261120T020000Z-0'], leftOut: 0, round: 0 }),
    verifyBackup: async () => ({ state: 'checked', damage: NO_DAMAGE, objects: 4, batches: 1, wasDamaged: false }),
    verifyData: async () => ({ damage: NO_DAMAGE, objectsRead: 3, bytesRead: 3_000, members: 90, remarks: NO_FLAWS }),
    recordDamage: async () => ({ files: NO_FLAWS, touches: [], cleared: false }),
    compareWithHost: async () => COMPARISON,
    verifyMirror: async () => ({ backupId: '20261121T020000Z-0', problems: NO_FLAWS }),
    planDrill: async ({ configPath, host, source }) => ({
      request: {
        configPath,
        host: host.name,
        source: source.name,
        point: { backupId: '20261121T020000Z-1' },
        include: [],
        namesFile: '/spool/drill/names',
        // The queue of a machine would need a worker of its own.
        target: { kind: 'host', host: 'scratch', path: '/spool/drill/restored' },
        overwrite: 'changed',
        delete: false,
        dryRun: false,
        unfinished: false,
      },
      backupId: '20261121T020000Z-1',
      scratch: '/spool/drill',
      taskQueue: Context.current().info.taskQueue,
      files: 10,
      bytes: 1_000,
    }),
    proveDrill: async () => ({
      proof: 'source',
      files: 10,
      bytes: 1_000,
      comparedWithSource: 8,
      differing: NO_FLAWS,
      notes: [],
    }),
    discardDrill: async () => undefined,
    // The queue is the test's own.
    planRestore: async () => ({ ...RESTORE_PLAN, taskQueue: Context.current().info.taskQueue }),
    prepareRestore: async () => undefined,
    extractShard: async () => ({ entries: 30, bytesRead: 100_000 }),
    restoreExtents: async () => ({ extents: 16, bytesRead: 50_000 }),
    finishRestore: async () => ({ status: 'ok', compared: 100, differences: NO_FLAWS }),
    restoreMirror: async () => ({ status: 'ok', compared: 100, differences: NO_FLAWS }),
    discardRestore: async () => undefined,
    openScratch: async () => ({ path: '/spool/stdout-1' }),
    sendRestored: async () => ({ content: 'tar', sizeBytes: 10_240, sha256: '0'.repeat(64) }),
    closeScratch: async () => undefined,
  };
}
