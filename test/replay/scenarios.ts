import type { HoldfastActivities } from '../../src/activities/contract.js';
import { type FailureType, HoldfastError } from '../../src/core/failures.js';
import type { BackupOptions, HostPlan, SourcePlan } from '../../src/core/plan.js';
import type { SnapshotPlan } from '../../src/core/snapshots/snapshots.js';
import { hookPlan, hostPlan, scriptPlan, sourcePlan } from '../support/plans.js';
import { ARCHIVE_PLAN, RESTORE_PLAN, untilCancelled, type Overrides } from '../support/recorded-activities.js';

/** One way for a Workflow to go, to be recorded with every release. */
export interface Scenario {
  readonly type: string;
  readonly input: unknown;
  readonly hosts: readonly HostPlan[];
  /** The Workflow ID of what is recorded and cancelled, where it is a child of what is started. */
  readonly child?: string;
  readonly overrides?: Overrides;
  /** Cancelled when this Activity has begun. */
  readonly cancelAt?: keyof HoldfastActivities;
}

const configPath = '/etc/holdfast/config.yaml';
const selection = { hosts: [], sources: [], tags: [] };
const options: BackupOptions = { dryRun: false, full: false, approve: false };

const withScripts = (news: Partial<SourcePlan>): SourcePlan =>
  sourcePlan({ preScript: scriptPlan('freeze'), postScript: scriptPlan('thaw'), ...news });

/** A host's backup as its run begins it, which notes in history how it ended. */
const WEB1_IN_RUN = {
  type: 'fleetBackup',
  input: { configPath, plan: 'nightly', selection, options, parallelHosts: 2 },
  child: 'host/web1',
} as const;
/** One that notes everything itself. */
const WEB1_ALONE = { type: 'hostBackup', input: { configPath, host: 'web1', selection, options } } as const;

const host = (sources: readonly SourcePlan[], news: Partial<Omit<Scenario, 'hosts'>> = {}): Scenario => ({
  ...WEB1_IN_RUN,
  hosts: [hostPlan({ sources })],
  ...news,
});

const restore = (news: Omit<Scenario, 'type' | 'input' | 'hosts'> = {}): Scenario => ({
  type: 'restore',
  input: {
    request: {
      configPath,
      host: 'web1',
      source: 'www',
      point: { latest: true },
      include: [],
      target: { kind: 'host', host: 'web2', path: '/restore' },
      overwrite: 'changed',
      delete: false,
      dryRun: false,
      unfinished: false,
    },
  },
  hosts: [],
  ...news,
});

const fails = (type: FailureType) => async (): Promise<never> => {
  throw new HoldfastError(type, 'as the scenario wants it');
};

let commits = 0;
let looks = 0;
let sendings = 0;

const SNAPSHOTS: SnapshotPlan = {
  volume: '/backup',
  method: 'auto',
  rules: [{ kind: 'daily', count: 7, intervalMs: 86_400_000 }],
};

const damaged = { whole: false, count: 1, first: [{ name: 'shard-00000.tar.zst', problem: 'it is missing' }] };
const verifyInput = { configPath, selection, which: { latest: true }, readPercent: 100, parallelSources: 1 };

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'fleet-backup': {
    type: 'fleetBackup',
    input: { configPath, plan: 'nightly', selection, options, parallelHosts: 2 },
    hosts: ['web1', 'web2', 'db1'].map((name) => hostPlan({ name })),
    overrides: {
      probeHost: async (input) => {
        if (input.host.name === 'db1') throw new HoldfastError('HostAuthFailed', 'db1 refused the key');
        return { tools: {}, clockSkewMs: 0, roundTripMs: 1, sources: [{ source: 'www', state: 'directory' }] };
      },
    },
  },
  'fleet-backup-hooks': {
    type: 'fleetBackup',
    input: { configPath, plan: 'nightly', selection, options, parallelHosts: 2 },
    hosts: [hostPlan({ name: 'web1' })],
    overrides: {
      listHosts: async () => ({
        hosts: ['web1'],
        total: 1,
        notes: [],
        hooks: [
          hookPlan('before_run', 'mount', { where: 'worker' }),
          hookPlan('after_run', 'unmount', { where: 'worker' }),
        ],
      }),
    },
  },
  'host-backup-hooks': {
    ...WEB1_IN_RUN,
    hosts: [
      hostPlan({
        hooks: [hookPlan('before_host', 'wake', { where: 'worker' }), hookPlan('after_host', 'tell')],
        sources: [
          sourcePlan({
            hooks: [
              hookPlan('before_source', 'check', { onFailure: 'warn' }),
              hookPlan('after_source', 'clean', { onFailure: 'fail' }),
              hookPlan('on_error', 'tell'),
            ],
          }),
        ],
      }),
    ],
    overrides: {
      runHook: async ({ hook }) => {
        if (hook.on === 'after_source') throw new HoldfastError('HookFailed', 'as the scenario wants it');
        return { durationMs: 1, output: '' };
      },
    },
  },
  'restore-hooks': restore({
    overrides: {
      planRestore: async ({ hooksFirst }) =>
        hooksFirst === true
          ? {
              kind: 'restore-hooks',
              hooks: [hookPlan('before_restore', 'stop'), hookPlan('after_restore', 'start')],
              machine: hostPlan({ name: 'web2', sources: [] }),
              path: '/var/www',
              engine: 'archive',
              destination: 'vault',
              targetPath: '/restore',
              inPlace: false,
            }
          : { ...RESTORE_PLAN, parts: 1, taskQueue: 'holdfast' },
    },
  }),
  'fleet-backup-cancelled': {
    type: 'fleetBackup',
    input: { configPath, plan: 'nightly', selection, options, parallelHosts: 1 },
    hosts: ['web1', 'web2'].map((name) => hostPlan({ name })),
    overrides: { syncMirror: untilCancelled },
    cancelAt: 'syncMirror',
  },
  'fleet-backup-busy-host': {
    type: 'fleetBackup',
    input: { configPath, plan: 'nightly', selection, options, parallelHosts: 2 },
    hosts: [hostPlan({ name: 'web1' })],
    // The second time it is busy with the first.
    overrides: { listHosts: async () => ({ hosts: ['web1', 'web1'], total: 2, notes: [] }) },
  },
  'host-backup-noted': {
    ...WEB1_ALONE,
    hosts: [
      hostPlan({
        hooks: [hookPlan('after_host', 'tell')],
        sources: [sourcePlan(), sourcePlan({ name: 'etc', engine: 'archive' })],
      }),
    ],
  },
  'host-backup-noted-away': {
    ...WEB1_ALONE,
    hosts: [hostPlan({ sources: [sourcePlan(), sourcePlan({ name: 'etc' })] })],
    overrides: { probeHost: fails('HostUnreachable') },
  },
  'host-backup-noted-cancelled': host(
    [sourcePlan(), sourcePlan({ name: 'etc', engine: 'archive' }), sourcePlan({ name: 'home' })],
    { overrides: { writeShard: untilCancelled }, cancelAt: 'writeShard' },
  ),
  'host-backup-mirror': host([withScripts({}), sourcePlan({ name: 'etc' })]),
  'host-backup-archive': host([withScripts({ engine: 'archive' })]),
  'host-backup-archive-planned-again': host([sourcePlan({ engine: 'archive' })], {
    overrides: {
      commitArchive: async () => {
        if (commits++ === 0) throw new HoldfastError('ChainMoved', 'another backup was committed');
        return {
          backupId: ARCHIVE_PLAN.backupId,
          status: 'ok',
          storedBytes: 1,
          rawBytes: 1,
          flaws: { count: 0, first: [] },
        };
      },
    },
  }),
  'host-backup-archive-failed-shard': host([withScripts({ engine: 'archive' })], {
    overrides: { writeShard: fails('DestinationFull') },
  }),
  'host-backup-many-shards': host(
    [sourcePlan({ engine: 'archive', archive: { ...sourcePlan().archive, parallelShards: 100 } })],
    { overrides: { planArchive: async () => ({ ...ARCHIVE_PLAN, shards: 501 }) } },
  ),
  'host-backup-failed-pre-script': host([withScripts({})], { overrides: { runScript: fails('HookFailed') } }),
  'host-backup-frozen': host([withScripts({ freeze: { kind: 'btrfs' } })], {
    overrides: { thawSource: async () => ({ troubles: ['It was thawed too early.'] }) },
  }),
  'host-backup-timed-out': host([withScripts({ timeoutMs: 200 })], { overrides: { syncMirror: untilCancelled } }),
  'host-backup-cancelled': host([withScripts({}), sourcePlan({ name: 'etc' })], {
    overrides: { syncMirror: untilCancelled },
    cancelAt: 'syncMirror',
  }),
  'host-backup-snapshots': host([withScripts({ snapshots: SNAPSHOTS })]),
  'host-backup-dump': host([
    sourcePlan({
      name: 'postgresql',
      path: '/dump/postgresql',
      engine: 'archive',
      dump: { type: 'postgresql', globals: true, options: [], password: { env: 'PGPASS' } },
    }),
  ]),
  'host-backup-waiting': {
    ...WEB1_IN_RUN,
    hosts: [hostPlan({ waitForHostMs: 60_000 })],
    overrides: {
      probeHost: async ({ host: { sources } }) => {
        if (looks++ < 5) throw new HoldfastError('HostUnreachable', 'web1 did not answer');
        const seen = sources.map(({ name }) => ({ source: name, state: 'directory' as const }));
        return { tools: {}, clockSkewMs: 0, roundTripMs: 1, sources: seen };
      },
    },
  },
  'archive-shards': {
    type: 'archiveShards',
    input: {
      host: hostPlan(),
      source: sourcePlan({ engine: 'archive' }),
      plan: ARCHIVE_PLAN,
      run: { workflowId: 'host/web1', runId: '01a1fcc3-fb20-7197-9ece-eaeb3bbcea97' },
      from: 0,
      to: 3,
    },
    hosts: [],
  },
  'restore-archive': restore(),
  'restore-mirror': restore({
    overrides: { planRestore: async () => ({ ...RESTORE_PLAN, engine: 'mirror', parts: 0, taskQueue: 'holdfast' }) },
  }),
  'restore-failed': restore({ overrides: { extractShard: fails('ObjectDamaged') } }),
  'restore-cancelled': restore({ overrides: { extractShard: untilCancelled }, cancelAt: 'extractShard' }),
  'list-runs': { type: 'listRuns', input: { configPath, limit: 20 }, hosts: [] },
  'read-report': { type: 'readReport', input: { configPath, days: 30 }, hosts: [] },
  'rebuild-catalog': {
    type: 'rebuildCatalog',
    input: { configPath, selection },
    hosts: ['web1', 'web2'].map((name) => hostPlan({ name })),
  },
  'list-files': {
    type: 'listFiles',
    input: { configPath, host: 'web1', source: 'www', point: { latest: true }, path: '', recursive: false },
    hosts: [],
  },
  'find-files': { type: 'findFiles', input: { configPath, selection, pattern: '*.conf' }, hosts: [] },
  'diff-backups': {
    type: 'diffBackups',
    input: {
      configPath,
      host: 'web1',
      source: 'www',
      before: { backupId: '20261120T020000Z-0' },
      now: { latest: true },
    },
    hosts: [],
  },
  'list-backups': { type: 'listBackups', input: { configPath, selection, limit: 10 }, hosts: [] },
  'verify-hosts': {
    type: 'verifyHosts',
    input: { configPath, selection, parallelHosts: 2 },
    hosts: ['web1', 'web2', 'db1'].map((name) => hostPlan({ name })),
  },
  prune: {
    type: 'prune',
    input: { configPath, selection, approve: false, sweepOnly: false, destination: 'vault' },
    hosts: [],
  },
  'prune-destinations': {
    type: 'pruneDestinations',
    input: { configPath, selection, approve: false, sweepOnly: false },
    hosts: [],
  },
  'preview-prune': {
    type: 'previewPrune',
    input: { configPath, selection, offset: 0, shown: 0, nowMs: 1_795_226_400_000 },
    hosts: [],
  },
  'pin-backups': {
    type: 'pinBackups',
    input: { configPath, host: 'web1', source: 'www', ids: ['20261120T020000Z-0'], pinned: true },
    hosts: [],
  },
  'pin-snapshots': {
    type: 'pinSnapshots',
    input: { configPath, host: 'web1', source: 'www', names: ['20261120T020000Z-daily'], pinned: true, dryRun: false },
    hosts: [],
  },
  'list-snapshots': { type: 'listSnapshots', input: { configPath, selection, offset: 0, shown: 0 }, hosts: [] },
  'rotate-snapshots': {
    type: 'rotateSnapshots',
    input: { configPath, selection, make: 'due', remove: 'after-making' },
    hosts: ['web1', 'web2'].map((name) => hostPlan({ name, sources: [sourcePlan({ snapshots: SNAPSHOTS })] })),
  },
  'host-snapshots': {
    type: 'hostSnapshots',
    input: { configPath, selection, host: 'web1', make: ['manual'], remove: 'surplus' },
    hosts: [hostPlan({ sources: [sourcePlan({ snapshots: SNAPSHOTS })] })],
  },
  'scan-sizes': {
    type: 'scanSizes',
    input: { configPath, selection, limitMs: 60_000 },
    hosts: ['web1', 'web2'].map((name) => hostPlan({ name })),
  },
  'measure-sizes': {
    type: 'measureSizes',
    input: { configPath, selection, limitMs: 60_000, host: 'web1' },
    hosts: [hostPlan({ sources: [sourcePlan(), sourcePlan({ name: 'etc' })] })],
  },
  'list-sizes': { type: 'listSizes', input: { configPath, selection, offset: 0, limit: 10 }, hosts: [] },
  'send-metrics': {
    type: 'sendMetrics',
    input: { configPath, taskQueue: 'holdfast' },
    hosts: [],
    // It ends when no database is configured any more.
    overrides: {
      sendMetrics: async () => {
        sendings += 1;
        if (sendings === 2) throw new HoldfastError('MetricsUnreachable', 'as the scenario wants it');
        return { configured: sendings < 3, sent: 3, refused: 0, left: 0 };
      },
    },
  },
  'send-metrics-denied': {
    type: 'sendMetrics',
    input: { configPath },
    hosts: [],
    overrides: {
      sendMetrics: async () => {
        throw new HoldfastError('MetricsDenied', 'as the scenario wants it');
      },
    },
  },
  'test-metrics': { type: 'testMetrics', input: { configPath }, hosts: [] },
  'query-metrics': { type: 'queryMetrics', input: { configPath, hours: 48, host: 'web1' }, hosts: [] },
  'backfill-metrics': {
    type: 'backfillMetrics',
    input: { configPath, sinceMs: 1_795_000_000_000 },
    hosts: [],
    overrides: { collectHistory: async ({ after }) => ({ added: 2, ...(after === undefined ? { next: '2' } : {}) }) },
  },
  consolidate: {
    type: 'consolidate',
    input: { configPath, host: 'web1', source: 'www', maxDeadPercent: 50 },
    hosts: [],
  },
  'verify-backups': {
    type: 'verifyBackups',
    input: { ...verifyInput, compare: { files: 10 } },
    hosts: [hostPlan({ sources: [sourcePlan({ engine: 'archive' }), sourcePlan({ name: 'mirrored' })] })],
  },
  'verify-backups-damaged': {
    type: 'verifyBackups',
    input: verifyInput,
    hosts: [hostPlan({ sources: [sourcePlan({ engine: 'archive' })] })],
    overrides: {
      verifyBackup: async () => ({ state: 'checked', damage: damaged, objects: 4, batches: 1, wasDamaged: false }),
    },
  },
  'restore-drill': {
    type: 'restoreDrill',
    input: { configPath, selection, point: { latest: true }, sample: { files: 10, bytes: 1_000 }, seed: 1 },
    hosts: [hostPlan({ sources: [sourcePlan({ engine: 'archive' })] })],
  },
  'restore-drill-cancelled': {
    type: 'restoreDrill',
    input: { configPath, selection, point: { latest: true }, sample: 'all', seed: 1 },
    hosts: [hostPlan({ sources: [sourcePlan({ engine: 'archive' })] })],
    overrides: { extractShard: untilCancelled },
    cancelAt: 'extractShard',
  },
};
