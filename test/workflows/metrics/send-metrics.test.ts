import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SendMetricsResult } from '../../../src/activities/contract.js';
import { HoldfastError } from '../../../src/core/failures.js';
import { metricsNotedSignal, sendMetricsProgressQuery, sendNowUpdate } from '../../../src/workflows/messages.js';
import { recordActivities } from '../../support/recorded-activities.js';
import { type Runs, startTemporal, type TemporalForTests } from '../../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.stop());

const input = { configPath: '/etc/holdfast/config.yaml' };
const DONE: SendMetricsResult = { configured: true, sent: 0, refused: 0, left: 0 };
const NO_DATABASE: SendMetricsResult = { ...DONE, configured: false };

/** What the Activity does at its first call, its second, and so on; then the last again. */
const answering = (...answers: readonly (Partial<SendMetricsResult> | HoldfastError)[]) => {
  let call = 0;
  const activities = recordActivities([], {
    sendMetrics: async () => {
      const answer = answers[Math.min(call++, answers.length - 1)] ?? {};
      if (answer instanceof HoldfastError) throw answer;
      return { ...DONE, ...answer };
    },
  });
  return { ...activities, looks: () => activities.of('sendMetrics') };
};

const unreachable = new HoldfastError('MetricsUnreachable', 'cannot write to http://influx:8086: refused');
const denied = new HoldfastError('MetricsDenied', 'cannot write to http://influx:8086: the token is wrong');

/** As `metrics send` asks. */
const sendNow = ({ taskQueue }: Runs, workflowId: string) =>
  temporal.environment.client.workflow.executeUpdateWithStart(sendNowUpdate, {
    startWorkflowOperation: new WithStartWorkflowOperation('sendMetrics', {
      taskQueue,
      workflowId,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  });

async function failureOf(result: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await result.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

test('what waits is sent until nothing does, then it waits for more', async () => {
  const { activities, looks, called } = answering({ sent: 500, left: 700 }, { sent: 500, left: 200 }, { sent: 200 });
  await temporal.withWorker(activities, async ({ start }) => {
    const sender = await start('sendMetrics', input);
    await called('sendMetrics', 3);
    expect(looks()).toEqual(Array.from({ length: 3 }, () => ({ ...input, state: true })));
    expect((await sender.describe()).status.name).toBe('RUNNING');
    await sender.terminate();
  });
});

test('a configuration without a database ends it, and what was sent is its result', async () => {
  const { activities } = answering({ sent: 3, refused: 1 }, NO_DATABASE);
  await temporal.withWorker(activities, async ({ start }) => {
    const sender = await start('sendMetrics', input);
    await sender.signal(metricsNotedSignal, 'now');
    expect(await sender.result()).toEqual({ sent: 3, refused: 1 });
  });
});

test('each word that there is more leads to a look; while runs go on without the state', async () => {
  const { activities, looks, called } = answering({ sent: 1 });
  await temporal.withWorker(activities, async ({ start }) => {
    const sender = await start('sendMetrics', input);
    await called('sendMetrics');
    await sender.signal(metricsNotedSignal, 'soon');
    await called('sendMetrics', 2);
    await sender.signal(metricsNotedSignal, 'now');
    await called('sendMetrics', 3);
    expect(looks().map(({ state }) => state)).toEqual([true, false, true]);
    await sender.terminate();
  });
});

test('a word that comes while it ends is heard', async () => {
  let end: () => void = () => undefined;
  const ending = new Promise<void>((resolve) => (end = resolve));
  let call = 0;
  const recorded = recordActivities([], {
    sendMetrics: async () => {
      call += 1;
      if (call === 1) await ending;
      return call === 2 ? { ...DONE, sent: 5 } : NO_DATABASE;
    },
  });
  await temporal.withWorker(recorded.activities, async ({ start }) => {
    const sender = await start('sendMetrics', input);
    await recorded.called('sendMetrics');
    await sender.signal(metricsNotedSignal, 'now');
    end();
    await recorded.called('sendMetrics', 2);
    await sender.signal(metricsNotedSignal, 'now');
    expect(await sender.result()).toEqual({ sent: 5, refused: 0 });
  });
});

test('a database that does not answer is tried again until it does; whoever asked is told at once', async () => {
  const { activities, called } = answering(unreachable, unreachable, { sent: 7 });
  await temporal.withWorker(activities, async (runs) => {
    const workflowId = `metrics/${randomUUID()}`;
    const failure = { type: 'MetricsUnreachable', message: unreachable.message };
    expect(await sendNow(runs, workflowId)).toMatchObject({ configured: true, sent: 0, refused: 0, failure });
    await called('sendMetrics', 3);
    const sender = temporal.environment.client.workflow.getHandle(workflowId);
    await expect.poll(() => sender.query(sendMetricsProgressQuery)).toEqual({ sent: 7, refused: 0 });
    await sender.terminate();
  });
});

test('what a person must correct ends it with what to do; the next one sends what waits', async () => {
  const { activities } = answering(denied, { sent: 9 });
  await temporal.withWorker(activities, async (runs) => {
    const sender = await runs.start('sendMetrics', input);
    const { type, message } = await failureOf(sender.result());
    expect(type).toBe('MetricsDenied');
    expect(message).toContain('the token is wrong');
    expect(message).toContain('`holdfast metrics test`');
    expect(await sendNow(runs, sender.workflowId)).toEqual({ configured: true, sent: 9, refused: 0 });
    await temporal.environment.client.workflow.getHandle(sender.workflowId).terminate();
  });
});

test('whoever asks is told what is to be corrected, as its own failure', async () => {
  const { activities } = answering(denied);
  await temporal.withWorker(activities, async (runs) => {
    const workflowId = `metrics/${randomUUID()}`;
    expect(await sendNow(runs, workflowId)).toMatchObject({ sent: 0, failure: { type: 'MetricsDenied' } });
    const handle = temporal.environment.client.workflow.getHandle(workflowId);
    expect((await failureOf(handle.result())).type).toBe('MetricsDenied');
  });
});

test('who asks while a look goes on is told of the next one, which cannot have missed what waits', async () => {
  let goOn: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (goOn = resolve));
  let call = 0;
  const recorded = recordActivities([], {
    sendMetrics: async () => {
      call += 1;
      if (call === 1) await waiting;
      return { ...DONE, sent: call };
    },
  });
  await temporal.withWorker(recorded.activities, async (runs) => {
    const sender = await runs.start('sendMetrics', input);
    await recorded.called('sendMetrics');
    const asked = await temporal.environment.client.workflow
      .getHandle(sender.workflowId)
      .startUpdate(sendNowUpdate, { waitForStage: 'ACCEPTED' });
    goOn();
    // The look that went on, and the one of its own.
    expect(await asked.result()).toEqual({ configured: true, sent: 3, refused: 0 });
    await sender.terminate();
  });
});

test('two who ask are both told', async () => {
  const { activities } = answering({ sent: 2 });
  await temporal.withWorker(activities, async (runs) => {
    const workflowId = `metrics/${randomUUID()}`;
    const answers = await Promise.all([sendNow(runs, workflowId), sendNow(runs, workflowId)]);
    for (const answer of answers) expect(answer).toMatchObject({ configured: true, refused: 0 });
    await temporal.environment.client.workflow.getHandle(workflowId).terminate();
  });
});

test('the records of a machine are sent on its own queue', async () => {
  const { activities, called, looks } = answering({ sent: 1 });
  const taskQueue = `machine-${randomUUID()}`;
  const idle = recordActivities([]);
  await temporal.withWorker(idle.activities, async ({ start }) => {
    const sender = await start('sendMetrics', { ...input, taskQueue });
    await temporal.withWorker(
      activities,
      async () => {
        await called('sendMetrics');
        expect(looks()).toHaveLength(1);
        expect(idle.of('sendMetrics')).toHaveLength(0);
      },
      { taskQueue },
    );
    await sender.terminate();
  });
});

test('cancelled, it ends', async () => {
  const { activities, called } = answering({});
  await temporal.withWorker(activities, async ({ start }) => {
    const sender = await start('sendMetrics', input);
    await called('sendMetrics');
    await sender.cancel();
    await expect(sender.result()).rejects.toThrow();
    expect((await sender.describe()).status.name).toBe('CANCELLED');
  });
});
