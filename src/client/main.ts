import { CommanderError } from 'commander';
import { EXIT, exitCodeOfFailure } from '../core/statuses.js';
import { failureOf } from '../core/failures.js';
import { failureLines } from './cli-context.js';
import { createProgram } from './program.js';

/** See preload.ts; the build calls it. */
export const preload = async (): Promise<void> => (await import('./preload.js')).preload();

/** Runs the command line and leaves its exit code; every failure ends here. */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', onBrokenPipe);
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error, argv.includes('--json'));
  }
}

function report(error: unknown, json: boolean): number {
  // Commander has printed help, version or its usage message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const failure = failureOf(error);
  const exitCode = exitCodeOfFailure(failure);
  const problems = error instanceof Error && 'problems' in error ? { problems: error.problems } : {};
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ message_type: 'error', ...failure, ...problems, exit_code: exitCode })}\n`,
    );
  } else process.stderr.write(`holdfast: ${failureLines(failure).join('\n')}\n`);
  if (failure.type === 'InternalError' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return exitCode;
}

/** `holdfast … | head` closes the pipe early: that is the reader's choice, not a failure. */
function onBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
}
