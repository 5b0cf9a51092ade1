import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure } from '@temporalio/common';
import { HoldfastError, isFailureType } from '../../core/failures.js';
import type { TemporalConnection } from '../connection.js';

/** Changes a running run and gives its answer. Throws RunNotFound, and what the run refuses it with. */
export async function updateRun<Answer, Asked>(
  { client }: TemporalConnection,
  workflowId: string,
  update: UpdateDefinition<Answer, [Asked]>,
  asked: Asked,
): Promise<Answer> {
  try {
    return await client.workflow.getHandle(workflowId).executeUpdate(update, { args: [asked] });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new HoldfastError('RunNotFound', `There is no running run ${workflowId}.`);
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && isFailureType(cause.type))
      throw new HoldfastError(cause.type, cause.message, {}, { cause });
    throw error;
  }
}
