import type { HookEvent, HookPlan } from '../../src/core/hooks/hooks.js';
import type { HostPlan, ScriptPlan, SourcePlan } from '../../src/core/plan.js';

/** Plans as the configuration gives them, for tests that say only what matters to them. */
export const sourcePlan = (news: Partial<SourcePlan> = {}): SourcePlan => ({
  name: 'www',
  path: '/var/www',
  engine: 'mirror',
  destination: { name: 'vault', type: 'local', path: '/backup' },
  exclude: [],
  rsyncOptions: [],
  preserveOwnership: true,
  maxDeletePercent: 50,
  levels: { noIncremental: false, maxLevel: 7 },
  archive: { shardSizeBytes: 134_217_728, compressionLevel: 3, parallelShards: 2 },
  tags: [],
  timeoutMs: 3_600_000,
  ...news,
});

export const hostPlan = (news: Partial<HostPlan> = {}): HostPlan => ({
  name: 'web1',
  ssh: { options: {}, connectTimeoutSeconds: 10 },
  ignorePing: false,
  tags: [],
  sources: [sourcePlan()],
  ...news,
});

export const scriptPlan = (name: string): ScriptPlan => ({
  name,
  scriptsDir: '/etc/backup/scripts',
  runOn: 'host',
  timeoutMs: 60_000,
});

export const hookPlan = (on: HookEvent, script: string, news: Partial<HookPlan> = {}): HookPlan => ({
  on,
  run: { script, scriptsDir: '/etc/backup/scripts' },
  where: 'host',
  timeoutMs: 60_000,
  onFailure: on.startsWith('before_') ? 'fail' : 'warn',
  ...news,
});
