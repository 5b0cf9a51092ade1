import { randomBytes } from 'node:crypto';
import { TASK_QUEUE } from '../core/ids.js';
import type { TemporalConnection } from './connection.js';
import { resultOf } from './runs/workflow-results.js';

/**
 * A long answer, page by page: each is a short Workflow of its own, so that none carries more than a payload may.
 *
 * @param input of the first page; for the others the last page's `next` stands in `after`
 */
export async function* readPages<
  Input extends { readonly after?: After },
  After,
  Page extends { readonly next?: After },
>(
  connection: TemporalConnection,
  workflow: { readonly type: string; readonly idPrefix: string; readonly summary: string },
  input: Input,
): AsyncGenerator<Page> {
  const id = `${workflow.idPrefix}/${Date.now()}-${randomBytes(3).toString('hex')}`;
  let after: After | undefined;
  for (let number = 1; ; number += 1) {
    const handle = await connection.client.workflow.start(workflow.type, {
      taskQueue: TASK_QUEUE,
      workflowId: number === 1 ? id : `${id}/${number}`,
      args: [after === undefined ? input : { ...input, after }],
      staticSummary: workflow.summary.slice(0, 200),
    });
    const page = await Promise.race([resultOf<Page>(handle), connection.workerFailed]);
    yield page;
    if (page.next === undefined) return;
    after = page.next;
  }
}
