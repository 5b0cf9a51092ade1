import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, type LogEntry, type LogLevel, type Logger } from '@temporalio/worker';

/** Said at each start of the worker that is for Activities only, which is meant so. */
const MEANT_SO = 'No workflows registered, not polling for workflow tasks';

/** The SDK's log as lines for people on standard error; standard output is for results. */
export const workerLog = (level: LogLevel): Logger =>
  new DefaultLogger(level, (entry) => {
    if (entry.message !== MEANT_SO) process.stderr.write(`${lineOf(entry)}\n`);
  });

function lineOf({ level, timestampNanos, message, meta = {} }: LogEntry): string {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const { workflowId, activityType, error, attempt, host, source } = meta as Readonly<Record<string, unknown>>;
  const where = [
    workflowId,
    activityType,
    typeof attempt === 'number' && attempt > 1 ? `attempt ${attempt}` : undefined,
    host,
    source,
  ];
  const place = where.filter((part) => typeof part === 'string').join(' ');
  return [
    time,
    level,
    `${message}${place === '' ? '' : ` (${place})`}${error === undefined ? '' : `: ${reasonOf(error)}`}`,
  ].join(' ');
}

/** A failure of the catalogue says all in its message; anything else needs its stack. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = error instanceof ApplicationFailure && error.type !== 'InternalError';
  return known ? `${error.message} (${error.type})` : (error.stack ?? error.message);
}
