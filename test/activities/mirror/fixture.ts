import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActivityControl, Providers } from '../../../src/activities/activity-control.js';
import type {
  CommitResult,
  InspectMirrorResult,
  MirrorInput,
  SyncMirrorResult,
} from '../../../src/activities/contract.js';
import { commitMirror } from '../../../src/activities/mirror/commit-mirror.js';
import { inspectMirror } from '../../../src/activities/mirror/inspect-mirror.js';
import { mirrorPaths } from '../../../src/activities/mirror/mirror-paths.js';
import { type MirrorStateReading, readMirrorState } from '../../../src/activities/mirror/mirror-state.js';
import { syncMirror } from '../../../src/activities/mirror/sync-mirror.js';
import type { HostPlan, SourcePlan } from '../../../src/core/plan.js';
import { type LoopbackHost, startLoopbackHost } from '../../../src/demo/loopback-host.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { remoteShell, SshRunner } from '../../../src/providers/remote/ssh-runner.js';
import { providersWith } from '../../support/providers.js';

/** A host with a directory to back up, and a destination. */
export interface MirrorFixture {
  readonly directory: string;
  /** The source's directory on the host. */
  readonly path: string;
  readonly base: string;
  readonly mirror: string;
  readonly sshd: LoopbackHost;
  readonly providers: Providers;
  input(changes?: Partial<SourcePlan>, runId?: string): MirrorInput;
  inspect(changes?: Partial<SourcePlan>): Promise<InspectMirrorResult>;
  sync(changes?: Partial<SourcePlan>, options?: SyncOptions): Promise<SyncMirrorResult>;
  commit(outcome: SyncMirrorResult, changes?: Partial<SourcePlan>): Promise<CommitResult>;
  /** Sync and commit, as a run does. */
  backUp(changes?: Partial<SourcePlan>): Promise<CommitResult & { readonly outcome: SyncMirrorResult }>;
  state(): Promise<MirrorStateReading>;
  /** An empty source, no mirror, no state. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export interface SyncOptions {
  readonly maxDeletions?: number;
  readonly control?: ActivityControl;
  readonly runId?: string;
}

export const HOST = 'web1';
export const SOURCE = 'data';

export function testControl(changes: Partial<ActivityControl> = {}): ActivityControl {
  return {
    signal: new AbortController().signal,
    attempt: 1,
    attemptToken: randomBytes(6).toString('hex'),
    progress: () => undefined,
    log: () => undefined,
    ...changes,
  };
}

export async function startMirrorFixture(): Promise<MirrorFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-mirror-'));
  const [hostFolder, path, base] = [join(directory, 'host'), join(directory, 'source'), join(directory, 'backup')];
  await mkdir(hostFolder, { mode: 0o700 });
  const sshd = await startLoopbackHost({ name: HOST, directory: hostFolder });
  const providers = mirrorProviders(join(directory, 'ssh'));
  const paths = mirrorPaths(base, HOST, SOURCE);
  let runNumber = 0;
  let runId = 'run-0';

  const fixture: MirrorFixture = {
    directory,
    path,
    base,
    mirror: paths.mirror,
    sshd,
    providers,
    input: (changes = {}, run = runId) => {
      const source = sourcePlan(path, base, changes);
      return { host: sshd.plan([source]), source, run: { workflowId: `host/${HOST}`, runId: run } };
    },
    inspect: async (changes) => inspectMirror(providers, testControl(), fixture.input(changes)),
    sync: async (changes, { control = testControl(), runId: run, maxDeletions } = {}) =>
      syncMirror(providers, control, {
        ...fixture.input(changes, run),
        ...(maxDeletions === undefined ? {} : { maxDeletions }),
      }),
    commit: async (outcome, changes) =>
      commitMirror(providers, testControl(), { ...fixture.input(changes), startedAtMs: Date.now(), outcome }),
    backUp: async (changes) => {
      runNumber += 1;
      runId = `run-${runNumber}`;
      const outcome = await fixture.sync(changes);
      return { ...(await fixture.commit(outcome, changes)), outcome };
    },
    state: () => readMirrorState(paths),
    reset: async () => {
      await Promise.all([path, base].map((folder) => rm(folder, { recursive: true, force: true })));
      await Promise.all([path, base].map((folder) => mkdir(folder, { mode: 0o755 })));
    },
    stop: async () => {
      await sshd.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await fixture.reset();
  return fixture;
}

/** Only what mirrors use; anything else fails the test. */
function mirrorProviders(sshFolder: string): Providers {
  const sshConfigs = new SshConfigFiles(sshFolder, []);
  return providersWith({
    runnerFor: (host: HostPlan) => new SshRunner(host, sshConfigs),
    remoteShellFor: async (host: HostPlan) => remoteShell(host, sshConfigs),
    seenDirectory: sshFolder,
    spoolDirectory: sshFolder,
    machineTaskQueue: 'holdfast-test',
    holdfastVersion: '0.0.0-test',
  });
}

function sourcePlan(path: string, base: string, changes: Partial<SourcePlan>): SourcePlan {
  return {
    name: SOURCE,
    path,
    engine: 'mirror',
    destination: { name: 'local', type: 'local', path: base },
    exclude: [],
    rsyncOptions: [],
    preserveOwnership: true,
    maxDeletePercent: 50,
    levels: { noIncremental: false, maxLevel: 6 },
    archive: { shardSizeBytes: 1 << 27, compressionLevel: 3, parallelShards: 2 },
    tags: [],
    timeoutMs: 3_600_000,
    ...changes,
  };
}
