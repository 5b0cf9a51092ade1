import { randomBytes } from 'node:crypto';
import { TASK_QUEUE } from '../../core/ids.js';
import type { TemporalConnection } from '../connection.js';
import { resultOf } from './workflow-results.js';

/** A short Workflow that answers a question. */
export interface Question {
  /** Workflow Type. */
  readonly type: string;
  /** Its Workflow ID is this, the time and a nonce. */
  readonly idPrefix: string;
  readonly input: object;
  readonly summary?: string;
}

/** Starts it and waits for its answer, or for the failure of the worker that this command runs itself. */
export async function answerOf<Answer>(
  { client, workerFailed }: TemporalConnection,
  { type, idPrefix, input, summary }: Question,
): Promise<Answer> {
  const handle = await client.workflow.start(type, {
    taskQueue: TASK_QUEUE,
    workflowId: `${idPrefix}/${Date.now()}-${randomBytes(3).toString('hex')}`,
    args: [input],
    ...(summary === undefined ? {} : { staticSummary: summary.slice(0, 200) }),
  });
  return Promise.race([resultOf<Answer>(handle), workerFailed]);
}
