import { condition } from '@temporalio/workflow';
import type { SendMetricsResult } from '../../activities/contract.js';
import { type Failure, failure as failureOfType } from '../../core/failures.js';
import { isStateDue, isTriedAgain, nextLookMs } from '../../core/metrics/send-times.js';
import type { SendMetricsProgress, SentNow } from '../messages.js';

/** What was asked of a sender, and what became of it. */
export interface SendingRecord {
  readonly progress: () => SendMetricsProgress;
  readonly noted: (urgency: 'now' | 'soon') => void;
  /** Asks for a look of its own, and waits for its end. */
  readonly sendNow: () => Promise<SentNow>;
  /** To be looked at before its time. What waits for a database that does not answer hurries nobody who only has more of it. */
  readonly isAsked: () => boolean;
  /** What was asked for is being done from here on. Gives whether the fleet's state is to be sent too. */
  readonly begin: (nowMs: number) => boolean;
  readonly sent: (part: SendMetricsResult) => void;
  readonly end: (nowMs: number, failure?: Failure) => void;
  /** No database is configured, or a person has to correct something. */
  readonly isOver: () => boolean;
  readonly untilNextLookMs: (nowMs: number) => number;
}

export function openSendingRecord(): SendingRecord {
  const totals = { sent: 0, refused: 0 };
  const asked = { soon: false, now: true };
  const looks = { begun: 0, ended: 0 };
  const sending = { failures: 0, wasAsked: true, sentSinceState: 0, stateAtMs: 0 };
  let withState = true;
  let configured = true;
  let failure: Failure | undefined;
  const reason = () => (failure === undefined ? {} : { failure });
  return {
    progress: () => ({ ...totals, ...reason() }),
    noted: (urgency) => {
      asked[urgency] = true;
    },
    sendNow: async () => {
      const before = { ...totals };
      // One that goes on may have passed what is asked for.
      const wanted = looks.begun + 1;
      asked.now = true;
      await condition(() => looks.ended >= wanted);
      const { sent, refused } = totals;
      return { configured, sent: sent - before.sent, refused: refused - before.refused, ...reason() };
    },
    isAsked: () => asked.now || (asked.soon && failure === undefined),
    begin: (nowMs) => {
      withState = asked.now || isStateDue(sending, nowMs);
      sending.wasAsked = asked.now || asked.soon;
      [asked.now, asked.soon] = [false, false];
      looks.begun += 1;
      return withState;
    },
    sent: (part) => {
      totals.sent += part.sent;
      totals.refused += part.refused;
      sending.sentSinceState += part.sent;
      configured = part.configured;
    },
    end: (nowMs, reasonOfEnd) => {
      failure = reasonOfEnd;
      sending.failures = failure === undefined ? 0 : sending.failures + 1;
      if (failure === undefined && withState) [sending.stateAtMs, sending.sentSinceState] = [nowMs, 0];
      looks.ended += 1;
    },
    isOver: () => !configured || (failure !== undefined && !isTriedAgain(failure)),
    untilNextLookMs: (nowMs) => nextLookMs(sending, nowMs),
  };
}

/** For whoever looks at the Workflow in the Temporal UI. */
export function sendingText({ sent, refused, failure }: SendMetricsProgress): string {
  const counts = `${sent} records sent${refused === 0 ? '' : `, ${refused} refused`} by this execution.`;
  if (failure === undefined) return `${counts} Nothing waits.`;
  return `${counts}\n\n${failure.message} ${failure.action}`;
}

/** A person reads it in the Temporal UI, which knows nothing of what to do. */
export const withAction = ({ type, message, action }: Failure): Failure => failureOfType(type, `${message} ${action}`);
