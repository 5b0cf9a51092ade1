import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type {
  RestorePlan,
  RestoreReport,
  RestoreRequest,
  SnapshotMirrorResult,
} from '../../src/activities/contract.js';
import { commitMirror } from '../../src/activities/mirror/commit-mirror.js';
import { type MirrorPaths, mirrorPaths } from '../../src/activities/mirror/mirror-paths.js';
import { syncMirror } from '../../src/activities/mirror/sync-mirror.js';
import { planRestore } from '../../src/activities/restore/plan-restore.js';
import { restoreMirror } from '../../src/activities/restore/restore-mirror.js';
import { snapshotMirror } from '../../src/activities/snapshots/snapshot-mirror.js';
import type { SourcePlan } from '../../src/core/plan.js';
import type { SnapshotRule } from '../../src/core/snapshots/snapshots.js';
import { mountLoopFileSystem } from './loop-file-system.js';
import { type RestoreBench, startRestoreBench } from './restore-bench.js';

export const RESTORE_RUN = { workflowId: 'restore/web1/mirrored/test', runId: 'restore-1' };

/** A mirror on a file system of its own, its snapshots, and restores of both, without Temporal. */
export interface SnapshotBench extends RestoreBench {
  readonly paths: MirrorPaths;
  mirrorPlan(): SourcePlan;
  /** Synchronises and commits; backups are an hour apart. Gives the backup's id. */
  backUpMirror(): Promise<string>;
  /** Synchronises and goes no further, as a run that was cut off. */
  beginRun(): Promise<void>;
  /** Makes a snapshot of the last backup, and removes what no rule keeps unless told otherwise. */
  snapshot(kind?: string, remove?: 'none' | 'surplus'): Promise<SnapshotMirrorResult>;
  planMirror(news?: Partial<RestoreRequest>): Promise<RestorePlan>;
  restoreMirror(news?: Partial<RestoreRequest>): Promise<RestoreReport>;
}

export async function startSnapshotBench(
  type: 'btrfs' | 'ext4' | 'xfs',
  rules: readonly SnapshotRule[] = [{ kind: 'hourly', count: 100 }],
): Promise<SnapshotBench> {
  const fileSystem = await mountLoopFileSystem(type);
  const bench = await startRestoreBench();
  const base = bench.path('mirrors');
  execFileSync('mount', ['--bind', fileSystem.mount, base]);
  const paths = mirrorPaths(base, 'web1', 'mirrored');
  await mkdir(dirname(paths.mirror), { recursive: true });
  if (!(await bench.providers.snapshots.makeSubvolume(paths.mirror, new AbortController().signal)))
    await mkdir(paths.mirror);
  let startedAtMs = Date.UTC(2026, 10, 20, 2, 0, 0);
  let runs = 0;

  const mirrorPlan = (): SourcePlan =>
    bench.source({
      name: 'mirrored',
      engine: 'mirror',
      destination: { name: 'mirrors', type: 'local', path: base },
      snapshots: { volume: base, method: 'auto', rules },
    });
  const input = () => ({
    host: bench.hostPlan(),
    source: mirrorPlan(),
    run: { workflowId: 'host/web1', runId: `run-${runs}` },
  });
  const asked = (news: Partial<RestoreRequest>): RestoreRequest => bench.request({ source: 'mirrored', ...news });

  return {
    ...bench,
    paths,
    mirrorPlan,
    backUpMirror: async () => {
      runs += 1;
      startedAtMs += 3_600_000;
      const outcome = await syncMirror(bench.providers, bench.control(), input());
      return (await commitMirror(bench.providers, bench.control(), { ...input(), startedAtMs, outcome })).backupId;
    },
    beginRun: async () => {
      runs += 1;
      await syncMirror(bench.providers, bench.control(), input());
    },
    snapshot: (kind = 'hourly', remove = 'none') =>
      snapshotMirror(bench.providers, bench.control(), { ...input(), make: [kind], remove }),
    planMirror: (news = {}) =>
      planRestore(bench.providers, bench.control(), { request: asked(news), run: RESTORE_RUN }),
    restoreMirror: async (news = {}) => {
      const request = asked(news);
      const plan = await planRestore(bench.providers, bench.control(), { request, run: RESTORE_RUN });
      return restoreMirror(bench.providers, bench.control(), { request, plan, run: RESTORE_RUN });
    },
    stop: async () => {
      execFileSync('umount', [base]);
      await bench.stop();
      await fileSystem.stop();
    },
  };
}
