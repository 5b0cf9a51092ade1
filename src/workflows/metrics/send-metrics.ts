import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { sending, step } from '../activity-profiles.js';
import { endAs } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import {
  metricsNotedSignal,
  sendMetricsProgressQuery,
  sendNowUpdate,
  type SendMetricsWorkflowInput,
  type SendMetricsWorkflowResult,
} from '../messages.js';
import { openSendingRecord, sendingText, withAction, type SendingRecord } from './sending-record.js';

/**
 * Sends what waits for a configuration's metrics database as soon as there is something, and the state of the fleet, for as long as a database is configured. One
 * that does not answer is tried again until it does. What a person must correct ends it as Failed; the next run starts it anew, and what waits is sent then.
 */
export async function sendMetrics(input: SendMetricsWorkflowInput): Promise<SendMetricsWorkflowResult> {
  const record = openSendingRecord();
  setHandler(sendMetricsProgressQuery, record.progress);
  setHandler(metricsNotedSignal, record.noted);
  setHandler(sendNowUpdate, record.sendNow);
  for (;;) {
    await look(input, record);
    const { failure, ...totals } = record.progress();
    setCurrentDetails(sendingText(record.progress()));
    if (record.isOver() || workflowInfo().continueAsNewSuggested) {
      await condition(() => record.isAsked() || allHandlersFinished());
      if (record.isAsked()) continue;
      if (!record.isOver()) return continueAsNew<typeof sendMetrics>(input);
      if (failure !== undefined) throw endAs(withAction(failure));
      return totals;
    }
    await condition(record.isAsked, record.untilNextLookMs(Date.now()));
  }
}

/** Until nothing waits any more, or it does not get through. */
async function look({ configPath, taskQueue }: SendMetricsWorkflowInput, record: SendingRecord): Promise<void> {
  const where = taskQueue === undefined ? {} : { taskQueue };
  const state = record.begin(Date.now());
  try {
    for (let left = 1; left > 0; ) {
      const part = await step('send what waits', sending.sendMetrics, { configPath, state }, where);
      record.sent(part);
      left = part.left;
    }
    record.end(Date.now());
  } catch (error) {
    if (isCancellation(error)) throw error;
    record.end(Date.now(), failureOfActivity(error));
  }
}
