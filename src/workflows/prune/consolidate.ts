import { workflowInfo } from '@temporalio/workflow';
import type { ConsolidateBackupResult } from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import { step, transfer } from '../activity-profiles.js';
import { conclude } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import type { ConsolidateInput, ConsolidateResult } from '../messages.js';
import { markSubject } from '../run-search-attributes.js';

/** Makes a new level 0 of a source's newest chain from what the destination holds; the host is not read. */
export async function consolidate(input: ConsolidateInput): Promise<ConsolidateResult> {
  const startedAtMs = Date.now();
  const { host, source } = input;
  const { workflowId, runId } = workflowInfo();
  markSubject({ host, source });
  let backup: ConsolidateBackupResult | undefined;
  let failure: Failure | undefined;
  try {
    const work = { ...input, startedAtMs, run: { workflowId, runId } };
    backup = await step(`consolidate the newest chain of ${source}`, transfer.consolidateBackup, work);
  } catch (error) {
    failure = failureOfActivity(error, { host, source });
  }
  return conclude<ConsolidateResult>({
    kind: 'consolidate',
    host,
    source,
    status: failure === undefined ? (backup?.status ?? 'ok') : failure.type === 'Cancelled' ? 'cancelled' : 'failed',
    ...(failure === undefined ? {} : { failure }),
    ...(backup === undefined ? {} : { backup }),
    durationMs: Date.now() - startedAtMs,
  });
}
