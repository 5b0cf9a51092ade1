import type { Selection } from '../core/plan.js';
import type { MeasuredSize } from '../core/sizes/sizes.js';
import type { ListSizesWorkflowInput, ListSizesWorkflowResult } from '../workflows/messages.js';
import { WORKFLOW } from '../workflows/messages.js';
import type { TemporalConnection } from './connection.js';
import { answerOf } from './runs/answer-of.js';

/** As many as stay below what a payload may be. */
const PAGE = 80;

/** The last known sizes, page by page, each by a short Workflow. */
export async function readSizes(
  connection: TemporalConnection,
  at: { readonly configPath: string; readonly selection: Selection },
): Promise<MeasuredSize[]> {
  const sizes: MeasuredSize[] = [];
  for (let total = 1; sizes.length < total; ) {
    const input: ListSizesWorkflowInput = { ...at, offset: sizes.length, limit: PAGE };
    const page = await answerOf<ListSizesWorkflowResult>(connection, {
      type: WORKFLOW.listSizes,
      idPrefix: 'sizes-list',
      input,
    });
    sizes.push(...page.sizes);
    // Fewer than there were a moment ago: a scan has just forgotten some.
    total = page.sizes.length === 0 ? sizes.length : page.total;
  }
  return sizes;
}
