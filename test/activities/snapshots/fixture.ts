import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActivityControl, Providers } from '../../../src/activities/activity-control.js';
import type { SnapshotMirrorInput, SnapshotMirrorResult } from '../../../src/activities/contract.js';
import { mirrorPaths, type MirrorPaths } from '../../../src/activities/mirror/mirror-paths.js';
import { type CommittedMirror, writeMirrorState } from '../../../src/activities/mirror/mirror-state.js';
import { makeMirrorSubvolume } from '../../../src/activities/snapshots/mirror-subvolume.js';
import { type FoundSnapshots, readSnapshots } from '../../../src/activities/snapshots/read-snapshots.js';
import { snapshotMirror } from '../../../src/activities/snapshots/snapshot-mirror.js';
import { backupId } from '../../../src/core/ids.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import type { SnapshotPlan } from '../../../src/core/snapshots/snapshots.js';
import { LocalRunner } from '../../../src/providers/remote/local-runner.js';
import type { OpenRuns } from '../../../src/providers/runs/open-runs.js';
import { LocalSnapshots } from '../../../src/providers/snapshots/local-snapshots.js';
import { type LoopFileSystem, mountLoopFileSystem } from '../../support/loop-file-system.js';
import { hostPlan, sourcePlan } from '../../support/plans.js';
import { providersWith } from '../../support/providers.js';
import { describeTree } from '../../support/tree-oracle.js';
import { testControl } from '../mirror/fixture.js';

export const HOST = 'web1';
export const SOURCE = 'home/www';
export const NOON_MS = Date.UTC(2026, 10, 21, 12);
export const DAY_MS = 86_400_000;

/** A mirror on a real file system, changed by hand where a run would change it, and committed as a run commits it. */
export interface SnapshotFixture {
  readonly paths: MirrorPaths;
  readonly folder: string;
  readonly providers: Providers;
  readonly runs: { -readonly [Key in keyof OpenRuns]: OpenRuns[Key] };
  /** Says that a run that began then has made the mirror what it is now. */
  commit(timeMs: number, changes?: Partial<CommittedMirror>): Promise<CommittedMirror>;
  /** What the step of a run does, unless said otherwise: makes what is due, removes the surplus of it. */
  step(changes?: StepChanges): Promise<SnapshotMirrorResult>;
  /** What that step is asked. */
  input(changes?: StepChanges): SnapshotMirrorInput;
  read(deep?: boolean): Promise<FoundSnapshots>;
  /** Names, newest first. */
  names(): Promise<string[]>;
  stop(): Promise<void>;
}

export type StepChanges = Partial<Pick<SnapshotMirrorInput, 'make' | 'remove'>> & {
  readonly snapshots?: Partial<SnapshotPlan>;
  readonly source?: Partial<SourcePlan>;
  readonly runId?: string;
  readonly control?: ActivityControl;
  readonly providers?: Partial<Providers>;
};

export async function startSnapshotFixture(type: 'btrfs' | 'xfs' | 'ext4', plain = false): Promise<SnapshotFixture> {
  const disk: LoopFileSystem = await mountLoopFileSystem(type);
  const base = join(disk.mount, 'backup');
  await mkdir(base);
  const paths = mirrorPaths(base, HOST, SOURCE);
  const runs: SnapshotFixture['runs'] = { isOpen: async () => false, restoring: async () => [] };
  const providers = providersWith({
    snapshots: new LocalSnapshots(new LocalRunner()),
    runs,
    holdfastVersion: '0.0.0-test',
  });
  const plan: SnapshotPlan = { volume: disk.mount, method: 'auto', rules: [{ kind: 'daily', count: 3 }] };
  const source: SourcePlan = {
    ...sourcePlan({ name: SOURCE }),
    destination: { name: 'local', type: 'local', path: base },
    snapshots: plan,
  };
  let steps = 0;
  if (!plain) await makeMirrorSubvolume(providers, testControl(), { paths, source });
  await mkdir(paths.mirror, { recursive: true });
  await mkdir(paths.stateFolder, { recursive: true });
  const owner = { host: HOST, source: SOURCE, paths };
  const input: SnapshotFixture['input'] = ({
    make = 'due',
    remove = 'after-making',
    snapshots,
    source: others,
    runId,
  } = {}) => {
    steps += 1;
    return {
      host: hostPlan({ name: HOST, sources: [] }),
      source: { ...source, ...others, snapshots: { ...plan, ...snapshots } },
      run: { workflowId: `host/${HOST}`, runId: runId ?? `run-${steps}` },
      make,
      remove,
    };
  };
  return {
    paths,
    folder: paths.snapshotFolder,
    providers,
    runs,
    commit: async (timeMs, changes = {}) => {
      const last = { ...committed(timeMs), ...changes };
      const { path } = source;
      const about = { kind: 'holdfast-mirror', format: 1, host: HOST, source: SOURCE, path } as const;
      await writeMirrorState(paths, { ...about, state: 'committed', last });
      return last;
    },
    input,
    step: async (changes = {}) => {
      const used = changes.providers === undefined ? providers : providersWith({ ...providers, ...changes.providers });
      return snapshotMirror(used, changes.control ?? testControl(), input(changes));
    },
    read: (deep = true) =>
      readSnapshots(owner, deep ? { copies: providers.snapshots, signal: testControl().signal } : undefined),
    names: async () => (await readSnapshots(owner)).snapshots.map(({ name }) => name),
    stop: () => disk.stop(),
  };
}

function committed(timeMs: number): CommittedMirror {
  return {
    backupId: backupId(timeMs, 0),
    status: 'ok',
    startedAt: new Date(timeMs).toISOString(),
    finishedAt: new Date(timeMs + 5_000).toISOString(),
    entries: 10,
    sourceBytes: 1000,
    statistics: {
      ...{ filesTotal: 10, filesTransferred: 1, filesCreated: 0, filesDeleted: 0, totalSizeBytes: 1000 },
      ...{ literalBytes: 10, matchedBytes: 0, bytesSent: 1, bytesReceived: 20, speedup: 1 },
    },
    flaws: { count: 0, first: [] },
    fakeSuper: false,
    holdfastVersion: '0.0.0-test',
    run: { workflowId: `host/${HOST}`, runId: 'run' },
  };
}

/**
 * A tree as the system's tools see it. A hard-link tree gives its files names in several snapshots: that alone is no difference, links within one tree are.
 */
export async function treeAt(root: string): Promise<unknown> {
  const { entries, ...rest } = await describeTree(root);
  const own = (entry: string): string => {
    const text = JSON.parse(entry) as string;
    for (let at = text.indexOf(' = '); at >= 0; at = text.indexOf(' = ', at + 1))
      if (text.startsWith(`${text.slice(at + 3)} `)) return text.slice(0, at);
    return text;
  };
  return { entries: entries.map(own), ...rest };
}
