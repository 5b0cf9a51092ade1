import type { QueryDefinition } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { EXIT } from '../../core/statuses.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import { sayStarted } from './say-started.js';
import { resultOf } from './workflow-results.js';

/** How a run's progress is told: lines to draw in a terminal, and lines to say once when something ended. */
export interface ProgressView<Progress> {
  readonly title: string;
  readonly query: QueryDefinition<Progress>;
  /** What stands below the title while it runs. */
  draw(progress: Progress): string;
  /** One line for each thing that has ended, keyed so that it is said once. */
  ended(progress: Progress): ReadonlyMap<string, string>;
}

const POLL_MS = 1_000;

/**
 * Waits for a run, telling how it goes. The run does not depend on this: Ctrl-C leaves it running, says how to come back or
 * to cancel it, and gives `detached` (exit code 130); a second Ctrl-C ends the process at once.
 */
export async function followRun<Result, Progress>(
  context: CliContext,
  connection: TemporalConnection,
  handle: WorkflowHandle,
  view: ProgressView<Progress>,
): Promise<Result | 'detached'> {
  const stopFollowing = new AbortController();
  const detached = new Promise<'detached'>((resolve) => {
    stopFollowing.signal.addEventListener('abort', () => resolve('detached'), { once: true });
  });
  const onInterrupt = (): void => {
    if (stopFollowing.signal.aborted) process.exit(EXIT.interrupted);
    stopFollowing.abort();
  };
  process.on('SIGINT', onInterrupt);
  sayStarted(context, connection, handle.workflowId);
  const result = resultOf<Result>(handle);
  const outcome = Promise.race([result, detached, connection.workerFailed]);
  try {
    if (context.interactive) await drawUntil(outcome, handle, view);
    else if (!context.json && !context.quiet) await sayUntil(outcome, context, handle, view);
    const ended = await outcome;
    if (ended === 'detached') sayDetached(context, connection, handle.workflowId);
    return ended;
  } finally {
    result.catch(() => undefined);
    process.off('SIGINT', onInterrupt);
  }
}

function sayDetached(context: CliContext, connection: TemporalConnection, workflowId: string): void {
  process.exitCode = EXIT.interrupted;
  context.printJson({ message_type: 'detached', workflow_id: workflowId, exit_code: EXIT.interrupted });
  context.note(
    connection.ownWorker
      ? 'Left. Its worker ran in this command: `holdfast up` goes on with it.'
      : 'Left. It goes on running.',
  );
  context.note(`  holdfast runs attach ${workflowId}\n  holdfast runs cancel ${workflowId}`);
}

async function drawUntil<Progress>(
  outcome: Promise<unknown>,
  handle: WorkflowHandle,
  view: ProgressView<Progress>,
): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  const tasks = new Listr(
    [
      {
        title: view.title,
        task: async (_context, task) => {
          await eachPoll(outcome, async () => {
            task.output = view.draw(await handle.query(view.query));
          });
        },
        rendererOptions: { outputBar: Number.POSITIVE_INFINITY },
      },
    ],
    { rendererOptions: { logger, collapseSubtasks: false }, registerSignalListeners: false },
  );
  await tasks.run();
}

async function sayUntil<Progress>(
  outcome: Promise<unknown>,
  context: CliContext,
  handle: WorkflowHandle,
  view: ProgressView<Progress>,
): Promise<void> {
  const said = new Set<string>();
  await eachPoll(outcome, async () => {
    for (const [key, line] of view.ended(await handle.query(view.query))) {
      if (!said.has(key)) context.note(line);
      said.add(key);
    }
  });
}

/** Calls `look` each second until `outcome` settles. A look that fails is left out: the outcome tells what matters. */
async function eachPoll(outcome: Promise<unknown>, look: () => Promise<void>): Promise<void> {
  let over = false;
  const settled = outcome.then(
    () => (over = true),
    () => (over = true),
  );
  while (!over) {
    let timer: NodeJS.Timeout | undefined;
    const tick = new Promise((resolve) => (timer = setTimeout(resolve, POLL_MS)));
    await Promise.race([settled, tick]);
    clearTimeout(timer);
    if (!over) await Promise.race([settled, look().catch(() => undefined)]);
  }
}
