import type { WorkflowHandle } from '@temporalio/client';
import { HoldfastError } from '../core/failures.js';
import { EXIT, exitCodeOfResult } from '../core/statuses.js';
import type { RestoreResult } from '../workflows/messages.js';
import type { CliContext } from './cli-context.js';
import { failureLines } from './cli-context.js';
import type { TemporalConnection } from './connection.js';
import type { StdoutReceiver } from './stdout-receiver.js';
import { resultOf } from './runs/workflow-results.js';

/**
 * Waits for a restore whose content goes to standard output, and gives the exit code. Nobody else can take what is sent: when the reader leaves,
 * and on Ctrl-C, the restore is cancelled. Good is only what the worker says it has sent whole and what has come here whole.
 */
export async function followToStdout(
  context: CliContext,
  connection: TemporalConnection,
  handle: WorkflowHandle,
  receiver: StdoutReceiver,
): Promise<number> {
  const cancel = (): void => void handle.cancel().catch(() => undefined);
  let interrupted = false;
  const onInterrupt = (): void => {
    if (interrupted) process.exit(EXIT.interrupted);
    interrupted = true;
    context.note('Cancelling.');
    cancel();
  };
  process.on('SIGINT', onInterrupt);
  void receiver.readerGone.then(cancel);
  try {
    const result = await Promise.race([resultOf<RestoreResult>(handle), connection.workerFailed]);
    say(context, result);
    if (interrupted) return EXIT.interrupted;
    if (result.status === 'ok' || result.status === 'warning') await assertReceived(result, receiver);
    return exitCodeOfResult(result);
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

function say(context: CliContext, { plan, failure, notes }: RestoreResult): void {
  if (plan !== undefined) {
    for (const note of [...plan.notes, ...notes]) context.note(`note: ${note}`);
    for (const { path, message } of plan.flaws.first) context.note(`${path}: ${message}`);
  }
  if (failure !== undefined) for (const line of failureLines(failure)) process.stderr.write(`${line}\n`);
}

async function assertReceived({ sent }: RestoreResult, receiver: StdoutReceiver): Promise<void> {
  const received = await receiver.received()?.catch(() => undefined);
  if (sent !== undefined && received?.sizeBytes === sent.sizeBytes && received.sha256 === sent.sha256) return;
  const message = `The worker sent ${sent?.sizeBytes ?? 0} bytes, ${received?.sizeBytes ?? 0} came through.`;
  throw new HoldfastError('TransferInterrupted', message);
}
