import type { TemporalConnection } from './connection.js';
import { answerOf } from './runs/answer-of.js';

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
  for (let next: After | undefined; ; ) {
    const asked: object = next === undefined ? input : { ...input, after: next };
    const page: Page = await answerOf<Page>(connection, { ...workflow, input: asked });
    yield page;
    if (page.next === undefined) return;
    next = page.next;
  }
}
