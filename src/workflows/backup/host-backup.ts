import { setHandler, workflowInfo } from '@temporalio/workflow';
import { failure, type Failure } from '../../core/failures.js';
import { mayBeMounted } from '../../core/hooks/scripts.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { backUpSource, refuseSource } from './back-up-source.js';
import { openHostHooks } from '../hooks/hooks-of-host.js';
import { openHostHistory } from './host-history.js';
import { openHostRecord, type HostRecord } from './host-record.js';
import { openLimits, type Limits } from '../limits.js';
import { lookAtHost, type HostFound } from './look-at-host.js';
import { followLimitsSignal, hostProgressQuery, type HostBackupInput, type HostBackupResult } from '../messages.js';
import { markSubject } from '../run-search-attributes.js';
import { isCancelled } from '../scopes.js';
import type { SourceRun } from './source-run.js';

/**
 * Backs up one host. Its Workflow ID, `host/<host>`, is the lock: two of them cannot be open at once.
 *
 *   1. Read what the configuration says of the host.
 *   2. Look at the host: does it answer, has it the tools, are the sources there? No answer: the host is `skipped`.
 *      Before the look come before_host hooks of the worker, after it those of the host.
 *   3. Back up its sources, one after another. One that fails does not stop the next.
 *   4. after_host hooks; on_error hooks if it failed.
 *   5. Note in history how it ended, where the run that began it does not; each source was noted when it had ended, unless it was the last.
 *   6. End as Completed (ok, warning, skipped, held), Failed or Cancelled, always with the result.
 *
 * Each source: before_source hooks → pre script → look what changed → guard (emptied? too much deleted? then `held`) → transfer → commit → post script → after_source hooks.
 * The post script and after_* hooks always run: after failures, holds, timeouts and cancellation too. Nothing counts as backed up before its commit.
 *
 * Cancelled: the running step ends its processes here and on the host, the post script runs, and sources not begun stay undone.
 */
export async function hostBackup(input: HostBackupInput): Promise<HostBackupResult> {
  const record = openHostRecord(input.host, input.options);
  const history = openHostHistory(input, record);
  setHandler(hostProgressQuery, record.progress);
  const limits = openLimits(input.limits ?? {}, { parallelHosts: false });
  setHandler(followLimitsSignal, limits.follow);
  markSubject({ host: input.host });

  const hooks = openHostHooks(input, record, history);
  const found = await lookAtHost(input, record, hooks.beforeLook);
  if (found === undefined) return hooks.conclude();
  const refusal = await hooks.beforeSources();
  if (refusal !== undefined) record.stop(refusal);

  for (const source of refusal === undefined ? found.host.sources : []) {
    const obstacle = obstacleTo(source, found, input);
    const run = sourceRun(source, found.host, input, record, limits);
    // A source that cannot be begun takes no time, but for its hooks.
    if (obstacle === undefined || source.hooks !== undefined) await history.flush();
    record.add(obstacle === undefined ? await backUpSource(run) : await refuseSource(run, obstacle));
  }
  return hooks.conclude();
}

/** Why a source cannot even be begun. Of a missing one the engine knows whether it was there before: then it is held. */
function obstacleTo(source: SourcePlan, { host, probe }: HostFound, { options }: HostBackupInput): Failure | undefined {
  const place = { host: host.name, source: source.name };
  if (isCancelled()) return failure('Cancelled', 'The run was cancelled before this source was begun.', place);
  const seen = probe.sources.find((one) => one.source === source.name);
  if (seen?.failure !== undefined) return seen.failure;
  if (mayBeMounted(host, source) && !options.dryRun) return undefined;
  if (seen?.state === 'not-directory')
    return failure('SourceNotDirectory', `${source.path} on ${host.name} is not a directory.`, place);
  return undefined;
}

function sourceRun(
  source: SourcePlan,
  host: HostPlan,
  { options, approvals }: HostBackupInput,
  record: HostRecord,
  limits: Limits,
): SourceRun {
  const approval = approvals?.find((one) => one.source === source.name);
  const { workflowId, runId } = workflowInfo();
  return {
    host: { ...host, sources: [] },
    source,
    options,
    ...(approval === undefined ? {} : { approval }),
    run: { workflowId, runId },
    startedAtMs: Date.now(),
    runLimit: limits.bandwidth,
    tell: record.teller(source),
    notes: [],
    scripts: [],
    besides: [],
  };
}
