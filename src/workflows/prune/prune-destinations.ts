import {
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setHandler,
} from '@temporalio/workflow';
import { failure } from '../../core/failures.js';
import { pruneWorkflowId } from '../../core/ids.js';
import { worstStatus, type Status } from '../../core/statuses.js';
import { quick, step, summaryOf } from '../activity-profiles.js';
import { conclude, endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { settleEach } from '../fan-out.js';
import {
  pruneProgressQuery,
  WORKFLOW,
  type PruneDestinationResult,
  type PruneInput,
  type PruneResult,
} from '../messages.js';
import type { prune } from './prune.js';
import { PruneTally } from './prune-counts.js';
import { resultInFailure } from '../result-in-failure.js';

const DESTINATIONS_AT_A_TIME = 4;

/** Prunes every destination of the selected sources, each in a `prune` of its own, whatever becomes of the others. */
export async function pruneDestinations(input: PruneInput): Promise<PruneResult> {
  const startedAtMs = Date.now();
  const ended = new Map<string, PruneDestinationResult>();
  let names: readonly string[] = [];
  setHandler(pruneProgressQuery, () => ({
    destinations: names.map((destination) => {
      const status = ended.get(destination)?.status;
      return { destination, workflowId: pruneWorkflowId(destination), ...(status === undefined ? {} : { status }) };
    }),
  }));

  const { configPath, selection } = input;
  names = await step('find the destinations', quick.listPruneDestinations, { configPath, selection }).catch(
    (error: unknown) => {
      throw endAs(failureOfActivity(error));
    },
  );
  const waiting = [...names];
  await settleEach(
    DESTINATIONS_AT_A_TIME,
    async () => waiting.shift(),
    async (destination) => void ended.set(destination, await pruneDestination(destination, input)),
  );

  const destinations = names.flatMap((name) => ended.get(name) ?? []);
  const status = worstStatus(destinations.map((one) => one.status));
  const worst = destinations.find((one) => one.status === status)?.failure;
  return conclude<PruneResult>({
    kind: 'prune',
    status,
    ...(worst === undefined ? {} : { failure: worst }),
    destinations,
    durationMs: Date.now() - startedAtMs,
  });
}

async function pruneDestination(destination: string, input: PruneInput): Promise<PruneDestinationResult> {
  const startedAtMs = Date.now();
  try {
    return await executeChild<typeof prune>(WORKFLOW.prune, {
      // The destination's lock: while another prune holds it, this start is refused.
      workflowId: pruneWorkflowId(destination),
      args: [{ ...input, destination }],
      staticSummary: summaryOf(`Prune ${destination}`),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
  } catch (error) {
    const result = resultInFailure<PruneDestinationResult>(error, 'prune-destination');
    if (result !== undefined) return result;
    const reason = failureOfActivity(error);
    const busy = failure('Busy', `Another prune of ${destination} is going on.`);
    return {
      kind: 'prune-destination',
      destination,
      status: statusWithoutResult(error, reason.type),
      failure: reason.type === 'Busy' ? busy : reason,
      counts: new PruneTally().counts,
      sources: [],
      durationMs: Date.now() - startedAtMs,
    };
  }
}

function statusWithoutResult(error: unknown, type: string): Status {
  if (isCancellation(error)) return 'cancelled';
  return type === 'Busy' ? 'skipped' : 'failed';
}
