import type { ActivityControl, Providers } from './activity-control.js';
import { commitArchive } from './archive/commit-archive.js';
import { discardArchivePlan } from './archive/discard-archive-plan.js';
import { planArchive } from './archive/plan-archive.js';
import { writeShard } from './archive/write-shard.js';
import { listBackups } from './backups.js';
import type { HoldfastActivities } from './contract.js';
import { underHeartbeat } from './heartbeat.js';
import { probeHost, runScript } from './hosts.js';
import { commitMirror } from './mirror/commit-mirror.js';
import { inspectMirror } from './mirror/inspect-mirror.js';
import { syncMirror } from './mirror/sync-mirror.js';
import { listHosts, loadHost } from './plan.js';
import { discardRestore } from './restore/discard-restore.js';
import { extractShard } from './restore/extract-shard.js';
import { finishRestore } from './restore/finish-restore.js';
import { planRestore } from './restore/plan-restore.js';
import { prepareRestore } from './restore/prepare-restore.js';
import { restoreMirror } from './restore/restore-mirror.js';

/** An Activity's work without Temporal: tests call it with a control and providers of their own. */
type Work<Input, Output> = (providers: Providers, control: ActivityControl, input: Input) => Promise<Output>;

/** All Activities over the given providers, each under heartbeat, cancellation and the one mapping of failures. */
export function createActivities(providers: Providers): HoldfastActivities {
  const activity =
    <Input, Output>(work: Work<Input, Output>) =>
    (input: Input): Promise<Output> =>
      underHeartbeat(placeOf(input), (control) => work(providers, control, input));
  return {
    listHosts: activity(listHosts),
    loadHost: activity(loadHost),
    probeHost: activity(probeHost),
    runScript: activity(runScript),

    inspectMirror: activity(inspectMirror),
    syncMirror: activity(syncMirror),
    commitMirror: activity(commitMirror),

    planArchive: activity(planArchive),
    writeShard: activity(writeShard),
    commitArchive: activity(commitArchive),
    discardArchivePlan: activity(discardArchivePlan),

    listBackups: activity(listBackups),

    planRestore: activity(planRestore),
    prepareRestore: activity(prepareRestore),
    extractShard: activity(extractShard),
    finishRestore: activity(finishRestore),
    restoreMirror: activity(restoreMirror),
    discardRestore: activity(discardRestore),
  };
}

/** Where a failure happened, from what the Activity was asked. */
function placeOf(input: unknown): { readonly host?: string; readonly source?: string } {
  const { host, source, request } = input as PlacedInput;
  const hostName = nameOf(host ?? request?.host);
  const sourceName = nameOf(source ?? request?.source);
  return {
    ...(hostName === undefined ? {} : { host: hostName }),
    ...(sourceName === undefined ? {} : { source: sourceName }),
  };
}

type Named = string | { readonly name: string } | undefined;

interface PlacedInput {
  readonly host?: Named;
  readonly source?: Named;
  readonly request?: { readonly host: string; readonly source: string };
}

const nameOf = (named: Named): string | undefined => (typeof named === 'object' ? named.name : named);
