import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const HISTORIES = fileURLToPath(new URL('histories', import.meta.url));

export interface RecordedHistory {
  readonly version: string;
  readonly scenario: string;
  readonly workflowType: string;
  readonly workflowId: string;
  /** The server's JSON, as `temporal workflow show --output json` prints it. */
  readonly history: { readonly events: readonly HistoryEvent[] };
}

interface HistoryEvent {
  readonly eventType: string;
  readonly workflowExecutionStartedEventAttributes?: {
    readonly workflowType: { readonly name: string };
    readonly workflowId: string;
  };
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { readonly name: string } };
}

/** All recordings of all versions. */
export function readHistories(): readonly RecordedHistory[] {
  return readdirSync(HISTORIES).flatMap((version) =>
    readdirSync(join(HISTORIES, version)).map((file) => readRecorded(version, file)),
  );
}

function readRecorded(version: string, file: string): RecordedHistory {
  const history = JSON.parse(readFileSync(join(HISTORIES, version, file), 'utf8')) as RecordedHistory['history'];
  const started = history.events[0]?.workflowExecutionStartedEventAttributes;
  if (started === undefined) throw new Error(`${version}/${file} is not a Workflow's history`);
  const { workflowType, workflowId } = started;
  return { version, scenario: file.replace(/\.json$/, ''), workflowType: workflowType.name, workflowId, history };
}
