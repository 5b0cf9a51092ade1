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
  'list-backups': { type: 'listBackups', input: { configPath, selection, limit: 10 }, hosts: [] },
  'check-hosts': {
    type: 'checkHosts',
    input: { configPath, selection, parallelHosts: 2 },
    hosts: ['web1', 'web2', 'db1'].map((name) => hostPlan({ name })),
  },
};
