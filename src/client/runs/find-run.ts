import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { HoldfastError } from '../../core/failures.js';
import { WORKFLOW } from '../../workflows/messages.js';
import type { TemporalConnection } from '../connection.js';

/** So many of the newest runs are looked through for a part of an id. */
const RUNS_LOOKED_AT = 1_000;
const NAMED = 5;

const TYPES = [WORKFLOW.fleetBackup, WORKFLOW.hostBackup, WORKFLOW.pruneDestinations, WORKFLOW.prune];

/** A run by its Workflow ID, or by a part of it that no other run’s has. Throws RunNotFound. */
export async function findRun(connection: TemporalConnection, text: string): Promise<WorkflowExecutionDescription> {
  const whole = await describeRun(connection, text);
  if (whole !== undefined) return whole;
  const found = new Set<string>();
  let looked = 0;
  const types = TYPES.map((type) => `'${type}'`).join(', ');
  for await (const { workflowId } of connection.client.workflow.list({ query: `WorkflowType IN (${types})` })) {
    if (workflowId.includes(text)) found.add(workflowId);
    if (++looked >= RUNS_LOOKED_AT) break;
  }
  const [only, ...others] = found;
  const run = only === undefined || others.length > 0 ? undefined : await describeRun(connection, only);
  if (run !== undefined) return run;
  const named = [...found].slice(0, NAMED).join(', ');
  throw new HoldfastError(
    'RunNotFound',
    found.size === 0
      ? `There is no run ${text}.`
      : `${found.size} runs have ${text} in their id (${named}): give more of it.`,
  );
}

/** The newest execution; undefined when there is none. */
export async function describeRun(
  { client }: TemporalConnection,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

export const isRunning = ({ status }: WorkflowExecutionDescription): boolean => status.name === 'RUNNING';
