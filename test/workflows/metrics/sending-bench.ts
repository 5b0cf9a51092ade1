import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { expect } from 'vitest';
import type { Providers } from '../../../src/activities/activity-control.js';
import { createActivities } from '../../../src/activities/create-activities.js';
import { MetricsPoke } from '../../../src/workers/metrics-poke.js';
import { sendMetricsProgressQuery } from '../../../src/workflows/messages.js';
import { providersWith } from '../../support/providers.js';
import type { TemporalForTests } from '../../support/temporal.js';

const MACHINE = 'box';
export const IN_TIME = { timeout: 60_000, interval: 50 };

/** The sender of one configuration, at work. */
export interface SendingBench {
  readonly sender: WorkflowHandle;
  /** As at the end of a run. */
  poke(): Promise<void>;
  /** Waits until something did not get through, for this reason. */
  failedWith(type: string, words: RegExp): Promise<void>;
  /** Waits until it has ended as Failed, and gives as what. */
  ended(): Promise<ApplicationFailure>;
  status(): Promise<string>;
  /** Ends the worker; the sender waits for the next one. */
  stop(): Promise<void>;
}

/** A real worker on the common queue and on its machine's own, with real Activities. */
export async function startSending(
  temporal: TemporalForTests,
  used: Pick<Providers, 'catalogs' | 'openMetrics' | 'pokeMetrics'>,
  configPath: string,
): Promise<SendingBench> {
  const { nativeConnection: connection, client } = temporal.environment;
  const unexpected: string[] = [];
  const warn = (message: string): void => void unexpected.push(message);
  const { poke } = new MetricsPoke({ connection, namespace: 'default', machine: MACHINE, warn });
  const sender = client.workflow.getHandle(`metrics/${MACHINE}:${configPath}`);
  const status = async (): Promise<string> => (await sender.describe()).status.name;
  const failure = async (): Promise<unknown> => (await sender.query(sendMetricsProgressQuery)).failure;
  const stopWorker = await startWorkers(temporal, used);
  return {
    sender,
    poke: () => poke(configPath, 'now'),
    failedWith: async (type, words) => {
      const message = expect.stringMatching(words) as string;
      await expect.poll(() => failure().catch(String), IN_TIME).toMatchObject({ type, message });
    },
    ended: async () => {
      await expect.poll(() => status().catch(String), IN_TIME).toBe('FAILED');
      const error: unknown = await sender.result().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      return (error as WorkflowFailedError).cause as ApplicationFailure;
    },
    status,
    stop: async () => {
      await stopWorker();
      expect(unexpected).toEqual([]);
    },
  };
}

async function startWorkers({ withWorker }: TemporalForTests, used: Partial<Providers>): Promise<() => Promise<void>> {
  const machineTaskQueue = `holdfast-${MACHINE}`;
  const activities = createActivities(providersWith({ ...used, machineTaskQueue }));
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  let running: Promise<void> = over;
  await new Promise<void>((resolve, reject) => {
    const untilOver = async (): Promise<void> => {
      resolve();
      await over;
    };
    const onItsOwn = () => withWorker(activities, untilOver, { taskQueue: machineTaskQueue });
    running = withWorker(activities, onItsOwn, { taskQueue: 'holdfast' });
    running.catch(reject);
  });
  return () => {
    end();
    return running;
  };
}
