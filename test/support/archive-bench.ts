import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActivityControl, Providers } from '../../src/activities/activity-control.js';
import { commitArchive } from '../../src/activities/archive/commit-archive.js';
import { planArchive } from '../../src/activities/archive/plan-archive.js';
import { writeExtents } from '../../src/activities/archive/write-extents.js';
import { writeShard } from '../../src/activities/archive/write-shard.js';
import type {
  ArchivePlan,
  CommitArchiveResult,
  WriteExtentsResult,
  WriteShardResult,
} from '../../src/activities/contract.js';
import type { BackupOptions, DestinationPlan, HostPlan, SourcePlan } from '../../src/core/plan.js';
import type { LoopbackHost } from '../../src/demo/loopback-host.js';
import { startLoopbackHost } from '../../src/demo/loopback-host.js';
import { SshConnections } from '../../src/providers/remote/ssh-connections.js';
import { createProviders } from '../../src/workers/providers.js';
import { sourcePlan } from './plans.js';

const RUN = { workflowId: 'host/web1', runId: 'run-1' };
const NO_OPTIONS: BackupOptions = { dryRun: false, full: false, approve: false };

export interface ArchivedRun {
  readonly plan: ArchivePlan;
  readonly shards: readonly WriteShardResult[];
  readonly extents: readonly WriteExtentsResult[];
  readonly commit: CommitArchiveResult;
}

/** A host with one source, a destination, and the archive's activities without Temporal. */
export interface ArchiveBench {
  /** Where everything of this bench lies; removed by `stop`. */
  readonly directory: string;
  /** The source's directory. */
  readonly tree: string;
  /** The destination's directory. */
  readonly vault: string;
  /**
   * Puts a bash script in the place of one of the host's programs; `$REAL` is the real one. `missing` takes the program away, `real`
   * brings it back.
   */
  replaceTool(name: string, script: string): Promise<void>;
  readonly providers: Providers;
  readonly host: LoopbackHost;
  hostPlan(): HostPlan;
  source(news?: Partial<SourcePlan>): SourcePlan;
  control(news?: Partial<ActivityControl>): ActivityControl;
  plan(work?: ArchiveWork): Promise<ArchivePlan>;
  writeShard(plan: ArchivePlan, shard: number, work?: ArchiveWork): Promise<WriteShardResult>;
  writeExtents(plan: ArchivePlan, batch: number, work?: ArchiveWork): Promise<WriteExtentsResult>;
  commit(plan: ArchivePlan, work?: ArchiveWork): Promise<CommitArchiveResult>;
  /** All of them. */
  backUp(work?: ArchiveWork): Promise<ArchivedRun>;
  stop(): Promise<void>;
}

export interface ArchiveWork {
  readonly source?: Partial<SourcePlan>;
  readonly options?: Partial<BackupOptions>;
  readonly control?: Partial<ActivityControl>;
  readonly startedAtMs?: number;
  readonly run?: typeof RUN;
  readonly providers?: Providers;
  readonly hostPlan?: HostPlan;
}

/** @param destination instead of a local directory */
export async function startArchiveBench(destination?: DestinationPlan): Promise<ArchiveBench> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-archive-'));
  const [tree, vault, keys] = [join(directory, 'tree'), join(directory, 'vault'), join(directory, 'keys')];
  const tools = join(directory, 'tools');
  for (const made of [tree, vault, keys, tools]) await mkdir(made);
  await chmod(directory, 0o755);
  for (const name of await readdir('/usr/bin')) await symlink(join('/usr/bin', name), join(tools, name));
  const host = await startLoopbackHost({
    name: 'web1',
    directory: keys,
    sshdOptions: [`SetEnv PATH=${tools} SHLVL=1`],
  });
  const replaceTool = async (name: string, script: string): Promise<void> => {
    const path = join(tools, name);
    await rm(path, { force: true });
    if (script === 'missing') return;
    if (script === 'real') return symlink(join('/usr/bin', name), path);
    await writeFile(path, `#!/bin/bash\nREAL=/usr/bin/${name}\n${script}\n`, { mode: 0o755 });
  };
  // What was changed within two seconds before a scan is read again by the next: here a scan is ten seconds after all changes.
  await replaceTool('date', 'exec $REAL --date="+10 seconds" "$@"');
  const connections = new SshConnections();
  const providers = createProviders({ machine: 'test', stateDir: join(directory, 'state'), connections });
  let attempts = 0;
  let clockMs = Date.now() - 86_400_000;

  const source = (news: Partial<SourcePlan> = {}): SourcePlan =>
    sourcePlan({
      name: 'data',
      path: tree,
      engine: 'archive',
      destination: destination ?? { name: 'vault', type: 'local', path: vault },
      ...news,
    });
  const control = (news: Partial<ActivityControl> = {}): ActivityControl => {
    attempts += 1;
    return {
      signal: new AbortController().signal,
      attempt: 1,
      attemptToken: `run-${attempts}`,
      progress: () => undefined,
      log: () => undefined,
      ...news,
    };
  };
  const hostPlan = (): HostPlan => host.plan([source()]);
  const common = (work: ArchiveWork) => ({
    host: work.hostPlan ?? hostPlan(),
    source: source(work.source),
    run: work.run ?? RUN,
  });

  const bench: ArchiveBench = {
    directory,
    tree,
    vault,
    replaceTool,
    providers,
    host,
    hostPlan,
    source,
    control,
    plan: (work = {}) => {
      // Backups of one source are at least a second apart.
      clockMs += 60_000;
      const startedAtMs = work.startedAtMs ?? clockMs;
      const options = { ...NO_OPTIONS, ...work.options };
      const input = { ...common(work), options, startedAtMs };
      return planArchive(work.providers ?? providers, control(work.control), input);
    },
    writeShard: (plan, shard, work = {}) =>
      writeShard(work.providers ?? providers, control(work.control), { ...common(work), plan, shard }),
    writeExtents: (plan, batch, work = {}) =>
      writeExtents(work.providers ?? providers, control(work.control), { ...common(work), plan, batch }),
    commit: (plan, work = {}) =>
      commitArchive(work.providers ?? providers, control(work.control), {
        ...common(work),
        plan,
        startedAtMs: work.startedAtMs ?? clockMs,
      }),
    backUp: async (work = {}) => {
      const plan = await bench.plan(work);
      const shards: WriteShardResult[] = [];
      for (let next = 0; next < plan.shards; next += 2) {
        const pair = [next, next + 1].filter((shard) => shard < plan.shards);
        shards.push(...(await Promise.all(pair.map((shard) => bench.writeShard(plan, shard, work)))));
      }
      const extents: WriteExtentsResult[] = [];
      for (let batch = 0; batch < (plan.extentBatches ?? 0); batch += 1) {
        extents.push(await bench.writeExtents(plan, batch, work));
      }
      return { plan, shards, extents, commit: await bench.commit(plan, work) };
    },
    stop: async () => {
      await connections.close();
      await host.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return bench;
}
