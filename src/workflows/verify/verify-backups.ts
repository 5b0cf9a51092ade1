import { continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { conclude } from '../conclude.js';
import { sourcesProgressQuery, type VerifyBackupsInput, type VerifyBackupsResult } from '../messages.js';
import { eachSourceOrStop } from '../sources-queue.js';
import { openSourcesRecord } from '../sources-record.js';
import { verifySource } from './verify-source.js';

/**
 * Finds out whether backups can be relied on, source by source: their structure, as much of their content as was asked for, and whether the live host still
 * has what was backed up.
 *
 * Damage never stops the rest. It is kept in the destination: lists show it, restores warn of it, and the next backup starts a new chain.
 */
export async function verifyBackups(input: VerifyBackupsInput): Promise<VerifyBackupsResult> {
  const record = openSourcesRecord('Verifying', input.carried);
  setHandler(sourcesProgressQuery, record.progress);
  const { workflowId, runId } = workflowInfo();
  const goesOn = await eachSourceOrStop(input, input.parallelSources, record, async (selected) => {
    const place = `${selected.host.name}:${selected.source.name}`;
    const run = { workflowId, runId };
    record.ended(place, await verifySource(input, selected, run, (what) => record.doing(place, what)));
  });
  if (goesOn) await continueAsNew<typeof verifyBackups>({ ...input, carried: record.state() });
  const result: VerifyBackupsResult = { kind: 'verify-backups', ...record.result() };
  return conclude(result, record.worstFailure());
}
