import type { Selection } from '../core/plan.js';
import type {
  ListSnapshotsWorkflowInput,
  ListSnapshotsWorkflowResult,
  RotateSnapshotsInput,
} from '../workflows/messages.js';
import { WORKFLOW } from '../workflows/messages.js';
import type { CliContext } from './cli-context.js';
import { MakeView, RemoveView } from './snapshots-preview.js';
import { ListView, type SnapshotsView } from './snapshots-view.js';
import { answerOf } from './runs/answer-of.js';
import { withWorkers } from './with-workers.js';

/** What is shown: the snapshots that there are, or what making or removing some would do. */
export type SnapshotsShown =
  | { readonly list: true }
  | { readonly make: RotateSnapshotsInput['make'] }
  /** Names; empty: what no rule keeps. */
  | { readonly remove: readonly string[] };

/** Shows snapshots, of which nothing is changed. The list may be long: it comes page by page, each by a short Workflow. */
export async function lookAtSnapshots(context: CliContext, selection: Selection, shown: SnapshotsShown): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    const view = viewOf(context, shown);
    let next: ListSnapshotsWorkflowResult['next'] = { offset: 0, shown: 0 };
    while (next !== undefined) {
      const input: ListSnapshotsWorkflowInput = { configPath, selection, ...next };
      const question = { type: WORKFLOW.listSnapshots, idPrefix: 'snapshots-list', input };
      const page: ListSnapshotsWorkflowResult = await answerOf<ListSnapshotsWorkflowResult>(connection, question);
      for (const source of page.sources) view.show(source);
      next = page.next;
    }
    process.exitCode = view.end();
  });
}

function viewOf(context: CliContext, shown: SnapshotsShown): SnapshotsView {
  if ('list' in shown) return new ListView(context);
  return 'make' in shown ? new MakeView(context, shown.make) : new RemoveView(context, shown.remove);
}
