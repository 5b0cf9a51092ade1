import type { HoldfastActivities } from '../../src/activities/contract.js';
import { HoldfastError } from '../../src/core/failures.js';
import type { BackupOptions, HostPlan, SourcePlan } from '../../src/core/plan.js';
import { hostPlan, scriptPlan, sourcePlan } from '../support/plans.js';
import { ARCHIVE_PLAN, RESTORE_PLAN, untilCancelled, type Overrides } from '../support/recorded-activities.js';

/** One way for a Workflow to go, to be recorded with every release. */
export interface Scenario {
  readonly type: string;
  readonly input: unknown;
  readonly hosts: readonly HostPlan[];
  readonly overrides?: Overrides;
  /** Cancelled when this Activity has begun. */
  readonly cancelAt?: keyof HoldfastActivities;
}

const configPath = '/etc/holdfast/config.yaml';
const selection = { hosts: [], sources: [], tags: [] };
const options: BackupOptions = { dryRun: false, full: false, approve: false };

const withScripts = (news: Partial<SourcePlan>): SourcePlan =>
  sourcePlan({ preScript: scriptPlan('freeze'), postScript: scriptPlan('thaw'), ...news });

const host = (sources: readonly SourcePlan[], news: Omit<Scenario, 'type' | 'input' | 'hosts'> = {}): Scenario => ({
  type: 'hostBackup',
  input: { configPath, host: 'web1', selection, options },
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

const fails = (type: 'HookFailed' | 'ChainMoved' | 'DestinationFull' | 'ObjectDamaged') => async (): Promise<never> => {
  throw new HoldfastError(type, 'as the scenario wants it');
};

let commits = 0;

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
  'fleet-backup-cancelled': {
    type: 'fleetBackup',
    input: { configPath, plan: 'nightly', selection, options, parallelHosts: 1 },
    hosts: ['web1', 'web2'].map((name) => hostPlan({ name })),
    overrides: { syncMirror: untilCancelled },
    cancelAt: 'syncMirror',
  },
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
  'check-hosts': {
    type: 'checkHosts',
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
