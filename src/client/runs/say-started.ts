import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';

/** Every command that starts a run says which one, and where to look into it. */
export function sayStarted(context: CliContext, connection: TemporalConnection, workflowId: string): void {
  const ui = connection.workflowUrl(workflowId);
  context.note(`Workflow ${workflowId}${ui === undefined ? '' : `\n  ${ui}`}`);
  context.printJson({ message_type: 'started', workflow_id: workflowId, ui_url: ui ?? null });
}
