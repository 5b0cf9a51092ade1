import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { TASK_QUEUE } from '../core/ids.js';
import type { Selection } from '../core/plan.js';
import type {
  ListSnapshotsWorkflowInput,
  ListSnapshotsWorkflowResult,
  RotateSnapshotsInput,
} from '../workflows/messages.js';
import { WORKFLOW } from '../workflows/messages.js';
import type { CliContext } from './cli-context.js';
import { connect } from './connection.js';
import { MakeView, RemoveView } from './snapshots-preview.js';
import { ListView, type SnapshotsView } from './snapshots-view.js';
import { resultOf } from './runs/workflow-results.js';

/** What is shown: the snapshots that there are, or what making or removing some would do. */
export type SnapshotsShown =
  | { readonly list: true }
  | { readonly make: RotateSnapshotsInput['make'] }
  /** Names; empty: what no rule keeps. */
  | { readonly remove: readonly string[] };

/** Shows snapshots, of which nothing is changed. The list may be long: it comes page by page, each by a short Workflow. */
export async function lookAtSnapshots(context: CliContext, selection: Selection, shown: SnapshotsShown): Promise<void> {
  const { findConfig } = await import('../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const connection = await connect({ requireWorker: true, note: context.note });
  try {
    const view = viewOf(context, shown);
    let next: ListSnapshotsWorkflowResult['next'] = { offset: 0, shown: 0 };
    while (next !== undefined) {
      const input: ListSnapshotsWorkflowInput = { configPath, selection, ...next };
      const handle = await connection.client.workflow.start(WORKFLOW.listSnapshots, {
        taskQueue: TASK_QUEUE,
        workflowId: `snapshots-list/${Date.now()}-${randomBytes(3).toString('hex')}`,
        args: [input],
      });
      const listed: Promise<ListSnapshotsWorkflowResult> = resultOf<ListSnapshotsWorkflowResult>(handle);
      const page: ListSnapshotsWorkflowResult = await Promise.race([listed, connection.workerFailed]);
      for (const source of page.sources) view.show(source);
      next = page.next;
    }
    process.exitCode = view.end();
  } finally {
    await connection.stop();
  }
}

function viewOf(context: CliContext, shown: SnapshotsShown): SnapshotsView {
  if ('list' in shown) return new ListView(context);
  return 'make' in shown ? new MakeView(context, shown.make) : new RemoveView(context, shown.remove);
}
