import type { ActivityControl, Providers } from './activity-control.js';
import { commitArchive } from './archive/commit-archive.js';
import { consolidateBackup } from './archive/consolidate-backup.js';
import { discardArchivePlan } from './archive/discard-archive-plan.js';
import { planArchive } from './archive/plan-archive.js';
import { writeExtents } from './archive/write-extents.js';
import { writeShard } from './archive/write-shard.js';
import { listBackups } from './backups.js';
import { diffBackups } from './browse/diff-backups.js';
import { notingArchive, notingDump, notingMirror, refreshing } from './catalog/after-change.js';
import { catalogHost, forgetCataloged, listRuns, recordRun } from './catalog/catalog-host.js';
import { findFiles } from './browse/find-files.js';
import { listFiles } from './browse/list-files.js';
import type { HoldfastActivities } from './contract.js';
import { underHeartbeat } from './heartbeat.js';
import { collectHistory } from './history/collect-history.js';
import { noteEnded } from './history/note-ended.js';
import { probeHost, runHook, runScript } from './hosts.js';
import { freezeSource, thawSource } from './hosts/freeze-source.js';
import { verifyHost } from './hosts/verify-host.js';
import { commitMirror } from './mirror/commit-mirror.js';
import { inspectMirror } from './mirror/inspect-mirror.js';
import { syncMirror } from './mirror/sync-mirror.js';
import { backfillMetrics } from './metrics/backfill-metrics.js';
import { queryMetrics } from './metrics/query-metrics.js';
import { sendMetrics } from './metrics/send-metrics.js';
import { testMetrics } from './metrics/test-metrics.js';
import { listHosts, loadHost } from './plan.js';
import { findSizes } from './sizes/find-sizes.js';
import { listSizes } from './sizes/list-sizes.js';
import { measureSize } from './sizes/measure-size.js';
import { discardRestore } from './restore/discard-restore.js';
import { extractShard } from './restore/extract-shard.js';
import { finishRestore } from './restore/finish-restore.js';
import { pinBackups } from './prune/pin-backups.js';
import { previewPrune } from './prune/preview-prune.js';
import { dueSnapshots } from './snapshots/due-snapshots.js';
import { listSnapshots } from './snapshots/list-snapshots.js';
import { pinSnapshots } from './snapshots/pin-snapshots.js';
import { snapshotMirror } from './snapshots/snapshot-mirror.js';
import { listPruneDestinations, pruneSources, recordPrune } from './prune/prune-sources.js';
import { planWithHooksFirst } from './restore/hooks-first.js';
import { prepareRestore } from './restore/prepare-restore.js';
import { readReport } from './report/read-report.js';
import { restoreExtents } from './restore/restore-extents.js';
import { restoreMirror } from './restore/restore-mirror.js';
import { closeScratch, openScratch } from './restore/stdout-scratch.js';
import { sendRestored } from './restore/stdout-send.js';
import { discardDrill } from './drill/discard-drill.js';
import { commitDump } from './dump/commit-dump.js';
import { planDump } from './dump/plan-dump.js';
import { writeDump } from './dump/write-dump.js';
import { planDrill } from './drill/plan-drill.js';
import { proveDrill } from './drill/prove-drill.js';
import { compareWithHost } from './verify/compare-with-host.js';
import { planVerification } from './verify/plan-verification.js';
import { recordDamage } from './verify/record-damage.js';
import { verifyBackup } from './verify/verify-backup.js';
import { verifyData } from './verify/verify-data.js';
import { verifyMirror } from './verify/verify-mirror.js';

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
    verifyHost: activity(verifyHost),
    runScript: activity(runScript),
    runHook: activity(runHook),
    freezeSource: activity(freezeSource),
    thawSource: activity(thawSource),

    inspectMirror: activity(inspectMirror),
    syncMirror: activity(syncMirror),
    commitMirror: activity(notingMirror(commitMirror)),

    planArchive: activity(planArchive),
    writeShard: activity(writeShard),
    writeExtents: activity(writeExtents),
    commitArchive: activity(notingArchive(commitArchive)),
    discardArchivePlan: activity(discardArchivePlan),
    planDump: activity(planDump),
    writeDump: activity(writeDump),
    commitDump: activity(notingDump(commitDump)),

    listBackups: activity(listBackups),

    recordRun: activity(recordRun),
    catalogHost: activity(catalogHost),
    forgetCataloged: activity(forgetCataloged),
    listRuns: activity(listRuns),
    readReport: activity(readReport),

    noteEnded: activity(noteEnded),
    collectHistory: activity(collectHistory),
    sendMetrics: activity(sendMetrics),
    testMetrics: activity(testMetrics),
    queryMetrics: activity(queryMetrics),
    backfillMetrics: activity(backfillMetrics),

    findSizes: activity(findSizes),
    measureSize: activity(measureSize),
    listSizes: activity(listSizes),

    listFiles: activity(listFiles),
    findFiles: activity(findFiles),
    diffBackups: activity(diffBackups),

    listPruneDestinations: activity(listPruneDestinations),
    pruneSources: activity(refreshing(pruneSources, (input, { sources }) => ({ ...input, sources }))),
    recordPrune: activity(recordPrune),
    previewPrune: activity(previewPrune),
    listSnapshots: activity(listSnapshots),
    dueSnapshots: activity(dueSnapshots),
    snapshotMirror: activity(notingMirror(snapshotMirror)),
    pinSnapshots: activity(refreshing(pinSnapshots, (input) => ({ ...input, sources: [input] }))),
    pinBackups: activity(refreshing(pinBackups, (input) => ({ ...input, sources: [input] }))),
    consolidateBackup: activity(refreshing(consolidateBackup, (input) => ({ ...input, sources: [input] }))),

    planVerification: activity(planVerification),
    verifyBackup: activity(verifyBackup),
    verifyData: activity(verifyData),
    recordDamage: activity(recordDamage),
    compareWithHost: activity(compareWithHost),
    verifyMirror: activity(verifyMirror),
    planDrill: activity(planDrill),
    proveDrill: activity(proveDrill),
    discardDrill: activity(discardDrill),

    planRestore: activity(planWithHooksFirst),
    prepareRestore: activity(prepareRestore),
    extractShard: activity(extractShard),
    restoreExtents: activity(restoreExtents),
    finishRestore: activity(finishRestore),
    restoreMirror: activity(restoreMirror),
    discardRestore: activity(discardRestore),

    openScratch: activity(openScratch),
    sendRestored: activity(sendRestored),
    closeScratch: activity(closeScratch),
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
