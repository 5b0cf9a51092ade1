import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { ProbeHostResult } from '../activities/contract.js';
import { failure, type Failure } from '../core/failures.js';
import type { HostPlan, SourcePlan } from '../core/plan.js';
import { local, quick, step } from './activity-profiles.js';
import { backUpSource } from './back-up-source.js';
import { conclude } from './conclude.js';
import { failureOfActivity } from './failure-of-activity.js';
import { openHostRecord, type HostRecord } from './host-record.js';
import { openLimits, type Limits } from './limits.js';
import { followLimitsSignal, hostProgressQuery, type HostBackupInput, type HostBackupResult } from './messages.js';
import { markSubject } from './run-search-attributes.js';
import { isCancelled } from './scopes.js';
import { notBegun } from './source-result.js';
import type { SourceRun } from './source-run.js';

/**
 * Backs up one host. Its Workflow ID, `host/<host>`, is the lock: two of them cannot be open at once.
 *
 *   1. Read what the configuration says of the host.
 *   2. Look at the host: does it answer, has it the tools, are the sources there? No answer: the host is `skipped`.
 *   3. Back up its sources, one after another. One that fails does not stop the next.
 *   4. End as Completed (ok, warning, skipped, held), Failed or Cancelled, always with the result.
 *
 * Each source: pre script → look what changed → guard (emptied? too much deleted? then `held`) → transfer → commit → post script.
 * The post script always runs: after failures, holds, timeouts and cancellation too. Nothing counts as backed up before its commit.
 *
 * Cancelled: the running step ends its processes here and on the host, the post script runs, and sources not begun stay undone.
 */
export async function hostBackup(input: HostBackupInput): Promise<HostBackupResult> {
  const record = openHostRecord(input.host);
  setHandler(hostProgressQuery, record.progress);
  const limits = openLimits(input.limits ?? {}, { parallelHosts: false });
  setHandler(followLimitsSignal, limits.follow);
  markSubject({ host: input.host });

  const found = await lookAtHost(input, record);
  if (found === undefined) return conclude(record.result(), record.worstFailure());

  for (const source of found.host.sources) {
    const obstacle = obstacleTo(source, found, input);
    record.add(
      obstacle === undefined
        ? await backUpSource(sourceRun(source, found.host, input, record, limits))
        : notBegun(source, obstacle.type === 'Cancelled' ? 'cancelled' : 'failed', obstacle),
    );
  }
  return conclude(record.result(), record.worstFailure());
}

interface HostFound {
  readonly host: HostPlan;
  readonly probe: ProbeHostResult;
}

/** Steps 1 and 2. Undefined when there is no going on: the record then says why. */
async function lookAtHost(
  { configPath, host: name, selection }: HostBackupInput,
  record: HostRecord,
): Promise<HostFound | undefined> {
  try {
    const host = await step(`read what the configuration says of ${name}`, local.loadHost, {
      configPath,
      host: name,
      selection,
    });
    record.expect(host.sources);
    const probe = await step(`look at ${name}`, quick.probeHost, { host });
    record.seen(probe);
    return { host, probe };
  } catch (error) {
    record.stop(failureOfActivity(error, { host: name }));
    return undefined;
  }
}

/** Why a source cannot even be begun. A missing one may be there once its pre script has run: then the engine looks again. */
function obstacleTo(source: SourcePlan, { host, probe }: HostFound, { options }: HostBackupInput): Failure | undefined {
  const place = { host: host.name, source: source.name };
  if (isCancelled()) return failure('Cancelled', 'The run was cancelled before this source was begun.', place);
  const seen = probe.sources.find((one) => one.source === source.name);
  if (seen?.failure !== undefined) return seen.failure;
  if (source.preScript !== undefined && !options.dryRun) return undefined;
  if (seen?.state === 'missing')
    return failure('SourceMissing', `${source.path} does not exist on ${host.name}.`, place);
  if (seen?.state === 'not-directory')
    return failure('SourceNotDirectory', `${source.path} on ${host.name} is not a directory.`, place);
  return undefined;
}

function sourceRun(
  source: SourcePlan,
  host: HostPlan,
  { options }: HostBackupInput,
  record: HostRecord,
  limits: Limits,
): SourceRun {
  const { workflowId, runId } = workflowInfo();
  return {
    host: { ...host, sources: [] },
    source,
    options,
    run: { workflowId, runId },
    startedAtMs: Date.now(),
    runLimit: limits.bandwidth,
    tell: record.teller(source),
    notes: [],
    scripts: [],
  };
}
