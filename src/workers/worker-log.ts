import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, type LogEntry, type LogLevel, type Logger } from '@temporalio/worker';
import { oneLine, visibleText } from '../core/entries/visible-text.js';
import { cutText } from '../core/report/cut-text.js';

const DETAIL_CHARACTERS = 500;

/** Said at each start of the worker that is for Activities only, which is meant so. */
const MEANT_SO = 'No workflows registered, not polling for workflow tasks';

/** The SDK's log as lines for people on standard error; standard output is for results. */
export const workerLog = (level: LogLevel): Logger =>
  new DefaultLogger(level, (entry) => {
    if (entry.message !== MEANT_SO) process.stderr.write(`${lineOf(entry)}\n`);
  });

function lineOf({ level, timestampNanos, message, meta = {} }: LogEntry): string {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const { workflowId, activityType, error, attempt, host, source, details } = meta as Readonly<Record<string, unknown>>;
  const where = [
    workflowId,
    activityType,
    typeof attempt === 'number' && attempt > 1 ? `attempt ${attempt}` : undefined,
    host,
    source,
  ];
  const place = where.filter((part) => typeof part === 'string').join(' ');
  const said = `${message}${place === '' ? '' : ` (${place})`}${error === undefined ? '' : `: ${reasonOf(error)}`}`;
  // Some of it hosts and servers said: it may have lines, but none that looks like one of the log.
  return `${time} ${level} ${visibleText(said).replaceAll('\n', '\n  ')}${detailsText(details)}`;
}

/** What an Activity has to say besides (`ActivityControl.log`): the reason, then the rest with its names. */
function detailsText(details: unknown): string {
  if (typeof details !== 'object' || details === null) return '';
  const { message, reason, error, ...rest } = details as Readonly<Record<string, unknown>>;
  const reasons = [message, reason, error].filter((one) => one !== undefined).map(shown);
  const others = Object.entries(rest).map(([name, value]) => `${name} ${shown(value)}`);
  return `${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}${others.length === 0 ? '' : ` (${others.join(', ')})`}`;
}

const shown = (value: unknown): string => cutText(oneLine(String(value)), DETAIL_CHARACTERS);

/** A failure of the catalogue says all in its message; anything else needs its stack. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = error instanceof ApplicationFailure && error.type !== 'InternalError';
  return known ? `${error.message} (${error.type})` : (error.stack ?? error.message);
}
