/** Workflows on metrics. See messages.ts. */
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type {
  MetricsPosition,
  MetricsRow,
  QueryMetricsInput,
  QueryMetricsResult,
  TestMetricsInput,
  TestMetricsResult,
} from '../../activities/contract.js';
import type { Failure } from '../../core/failures.js';
import type { SenderInput } from '../../core/metrics/sender.js';

// ---- sendMetrics ------------------------------------------------------------------------------------------------

export type SendMetricsWorkflowInput = SenderInput;
/** It ends by itself only when the configuration names no metrics database any more. */
export type SendMetricsWorkflowResult = SendMetricsProgress;

export interface SendMetricsProgress {
  /** Records, by this execution. */
  readonly sent: number;
  /** Refused by the database for what they are. */
  readonly refused: number;
  /** Why the last attempt did not get through; absent: it did. */
  readonly failure?: Failure;
}

/** What became of what was asked for. */
export interface SentNow {
  readonly configured: boolean;
  readonly sent: number;
  readonly refused: number;
  /** Absent: nothing waits any more, and the state of the fleet was sent. */
  readonly failure?: Failure;
}

/** There is more to send: at once and with the fleet's state (`now`), or with what else comes in the next seconds. */
export const metricsNotedSignal = { type: 'signal', name: 'metricsNoted' } as SignalDefinition<['now' | 'soon']>;
/** Sends what waits and the fleet's state, and answers when it has, or could not. */
export const sendNowUpdate = { type: 'update', name: 'sendNow' } as UpdateDefinition<SentNow, []>;
export const sendMetricsProgressQuery = { type: 'query', name: 'progress' } as QueryDefinition<SendMetricsProgress>;

// ---- backfillMetrics --------------------------------------------------------------------------------------------

export interface BackfillMetricsWorkflowInput extends SenderInput {
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** What an earlier execution hands to the next one; clients leave it out. */
  readonly carried?: { readonly added: number; readonly after: string };
}
export interface BackfillMetricsWorkflowResult {
  /** Records that Temporal knew and history did not. */
  readonly added: number;
  /** Records of history that are sent again. */
  readonly marked: number;
}

// ---- short ones -------------------------------------------------------------------------------------------------

export type { MetricsPosition, MetricsRow };
export type TestMetricsWorkflowInput = TestMetricsInput;
export type TestMetricsWorkflowResult = TestMetricsResult;
export type QueryMetricsWorkflowInput = QueryMetricsInput;
export type QueryMetricsWorkflowResult = QueryMetricsResult;
