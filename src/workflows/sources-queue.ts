import { allHandlersFinished, condition, workflowInfo } from '@temporalio/workflow';
import { failure } from '../core/failures.js';
import type { HostPlan, Selection, SourcePlan } from '../core/plan.js';
import { local, step } from './activity-profiles.js';
import { failureOfActivity } from './failure-of-activity.js';
import { settleEach } from './fan-out.js';
import type { SourceOutcome } from './messages.js';
import { isCancelled } from './scopes.js';
import type { SourcesRecord } from './sources-record.js';

const PAGE = 50;

export interface SelectedSource {
  readonly host: HostPlan;
  readonly source: SourcePlan;
}

/**
 * Goes through the sources that a selection takes, so many at a time, in the configuration's order; `work` settles its own failures. Gives `true` when the
 * history has grown long and the run is to go on in a new execution: then all that was begun has ended.
 */
export async function eachSource<Outcome extends SourceOutcome>(
  { configPath, selection }: { readonly configPath: string; readonly selection: Selection },
  lanes: number,
  record: SourcesRecord<Outcome>,
  work: (selected: SelectedSource) => Promise<void>,
): Promise<boolean> {
  for (;;) {
    const { offset } = record.state();
    const page = await step(`read the hosts from number ${offset + 1} on`, local.listHosts, {
      configPath,
      selection,
      offset,
      limit: PAGE,
    });
    record.note(page.notes);
    if (page.total === 0) record.stop(failure('HostNotInConfig', `No host in ${configPath} is what was asked for.`));
    const waiting = [...page.hosts];
    const sources: SelectedSource[] = [];
    const next = async (): Promise<SelectedSource | undefined> => {
      while (sources.length === 0 && waiting.length > 0 && !isCancelled() && !workflowInfo().continueAsNewSuggested) {
        const name = waiting.shift() as string;
        // Taken before it is read: what another lane takes next is the one after it.
        record.hostsTaken(1);
        const host = await step(`read the plan of ${name}`, local.loadHost, { configPath, host: name, selection });
        sources.push(...host.sources.map((source) => ({ host: { ...host, sources: [] }, source })));
      }
      return isCancelled() ? undefined : sources.shift();
    };
    await settleEach(lanes, next, work);
    if (isCancelled()) {
      record.stop(failure('Cancelled', 'The run was cancelled; sources that were not begun are not in its result.'));
      return false;
    }
    if (record.state().offset >= page.total) return false;
    if (!workflowInfo().continueAsNewSuggested) continue;
    await condition(allHandlersFinished);
    return true;
  }
}

/** The same, with what keeps the run as a whole from going on told to the record. */
export async function eachSourceOrStop<Outcome extends SourceOutcome>(
  input: { readonly configPath: string; readonly selection: Selection },
  lanes: number,
  record: SourcesRecord<Outcome>,
  work: (selected: SelectedSource) => Promise<void>,
): Promise<boolean> {
  try {
    return await eachSource(input, lanes, record, work);
  } catch (error) {
    record.stop(failureOfActivity(error));
    return false;
  }
}
