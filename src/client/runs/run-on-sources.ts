import { randomBytes } from 'node:crypto';
import { TASK_QUEUE } from '../../core/ids.js';
import type { CliContext } from '../cli-context.js';
import type { ProgressView } from './follow-run.js';
import { withWorkers } from '../with-workers.js';

/** A run over the sources of a configuration, as a command starts and follows it. */
export interface SourcesRun<Result, Progress> {
  readonly type: string;
  readonly workflowId: (timeMs: number, nonce: string) => string;
  /** Without `configPath`. */
  readonly input: object;
  readonly summary: string;
  readonly view: ProgressView<Progress>;
  readonly print: (context: CliContext, result: Result) => void;
  readonly exitCode: (result: Result) => number;
}

export async function runOnSources<Result extends object, Progress>(
  context: CliContext,
  run: SourcesRun<Result, Progress>,
): Promise<void> {
  await withWorkers(context, async ({ configPath, connection }) => {
    // Loaded before the run starts, so that Ctrl-C is heard from its first moment.
    const { followRun } = await import('./follow-run.js');
    const workflowId = run.workflowId(Date.now(), randomBytes(3).toString('hex'));
    const handle = await connection.client.workflow.start(run.type, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [{ configPath, ...run.input }],
      staticSummary: run.summary.slice(0, 200),
    });
    const result = await followRun<Result, Progress>(context, connection, handle, run.view);
    if (result === 'detached') return;
    const exitCode = run.exitCode(result);
    run.print(context, result);
    context.printJson({ message_type: 'summary', workflow_id: workflowId, ...result, exit_code: exitCode });
    process.exitCode = exitCode;
  });
}
