import { continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { proofsOf } from '../../core/history/proof-records.js';
import { conclude } from '../conclude.js';
import { drillSource } from './drill-source.js';
import { openHistory } from '../history/note-ended.js';
import { sourcesProgressQuery, type RestoreDrillInput, type RestoreDrillResult } from '../messages.js';
import { eachSourceOrStop } from '../sources-queue.js';
import { openSourcesRecord } from '../sources-record.js';

/** A drill fills the disk of the worker: one source at a time. */
const SOURCES_AT_A_TIME = 1;

/**
 * Proves that backups can be restored, by restoring: a random sample of each source's files, or all of them, goes through the same `restore` as in earnest
 * into a scratch directory of the worker, and is compared with what the source holds now where that has not changed.
 *
 * The proof is kept in the destination, and noted in history whether it is good or not. The scratch directory is removed whatever happened.
 */
export async function restoreDrill(input: RestoreDrillInput): Promise<RestoreDrillResult> {
  const note = openHistory(input.configPath);
  const record = openSourcesRecord('Restore drill', input.carried);
  setHandler(sourcesProgressQuery, record.progress);
  const { workflowId, runId } = workflowInfo();
  const goesOn = await eachSourceOrStop(input, SOURCES_AT_A_TIME, record, async (selected) => {
    const place = `${selected.host.name}:${selected.source.name}`;
    const drill = await drillSource(input, selected, { workflowId, runId }, (what) => record.doing(place, what));
    record.ended(place, drill);
    await note(proofsOf(drill));
  });
  if (goesOn) await continueAsNew<typeof restoreDrill>({ ...input, carried: record.state() });
  const result: RestoreDrillResult = { kind: 'restore-drill', ...record.result() };
  return conclude(result, record.worstFailure());
}
