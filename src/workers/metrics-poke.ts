import { Client, type WorkflowClient } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { loadCachedConfig } from '../config/cache.js';
import { TASK_QUEUE } from '../core/ids.js';
import { type MetricsSender, senderOf } from '../core/metrics/sender.js';
import { SOON_MS } from '../core/metrics/send-times.js';
import { metricsNotedSignal, sendNowUpdate, WORKFLOW } from '../workflows/messages.js';

export interface MetricsPokeOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** This machine's name in task queues. */
  readonly machine: string;
  readonly warn: (message: string) => void;
}

/** A server that takes longer is told of the next records instead. */
const ANSWERS_WITHIN_MS = 10_000;
/** What was told of before has been looked at since. */
const RECENT_MS = 3 * SOON_MS;

/**
 * Tells the Workflow that sends a configuration's metrics that there is something to send, and starts it where there is none. Nobody waits for it: records
 * stand in the catalog, whether it is told of them or not.
 */
export class MetricsPoke {
  readonly #workflows: WorkflowClient;
  readonly #machine: string;
  readonly #warn: (message: string) => void;
  /** By configuration: when it was last told, in `performance.now()`. */
  readonly #told = new Map<string, number>();
  readonly #telling = new Set<Promise<void>>();
  readonly #senders = new Map<string, MetricsSender>();

  constructor({ connection, namespace, machine, warn }: MetricsPokeOptions) {
    this.#workflows = new Client({ connection, namespace }).workflow;
    this.#machine = machine;
    this.#warn = warn;
  }

  /** `soon` is told once in some seconds; the sender looks again after as many. */
  poke = async (configPath: string, urgency: 'now' | 'soon'): Promise<void> => {
    const nowMs = performance.now();
    if (urgency === 'soon' && nowMs - (this.#told.get(configPath) ?? Number.NEGATIVE_INFINITY) < SOON_MS) return;
    this.#told.set(configPath, nowMs);
    const telling = this.#tell(configPath, urgency)
      .catch((error: unknown) =>
        this.#warn(`the sending of metrics was not told that there is something: ${String(error)}`),
      )
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  };

  /** For a process that is about to end: waits until what it told of just now was sent, or could not be, but no longer than this. */
  async settle(limitMs: number): Promise<void> {
    const limit = AbortSignal.timeout(limitMs);
    const over = new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([over, this.#sendAll(limit).catch(() => undefined)]);
  }

  /** What is asked is not left behind: a connection that is closed would wait for the answer. */
  async #sendAll(limit: AbortSignal): Promise<void> {
    await Promise.all(this.#telling);
    const isRecent = (configPath: string): boolean =>
      performance.now() - (this.#told.get(configPath) ?? Number.NEGATIVE_INFINITY) < RECENT_MS;
    const handles = [...this.#senders]
      .filter(([configPath]) => isRecent(configPath))
      .map(([, { workflowId }]) => this.#workflows.getHandle(workflowId));
    await this.#workflows.connection.withAbortSignal(limit, () =>
      Promise.all(handles.map((handle) => handle.executeUpdate(sendNowUpdate).catch(() => undefined))),
    );
  }

  async #tell(configPath: string, urgency: 'now' | 'soon'): Promise<void> {
    const { path, metrics, settings } = await loadCachedConfig(configPath);
    if (metrics?.influxdb === undefined) return;
    const sender = senderOf(path, settings.catalog, this.#machine);
    this.#senders.set(configPath, sender);
    await this.#workflows.connection.withDeadline(Date.now() + ANSWERS_WITHIN_MS, async () => {
      try {
        await this.#workflows.signalWithStart(WORKFLOW.sendMetrics, {
          taskQueue: TASK_QUEUE,
          workflowId: sender.workflowId,
          args: [sender.input],
          signal: metricsNotedSignal,
          signalArgs: [urgency],
          staticSummary: `metrics of ${path}`.slice(0, 200),
          // One that failed waits for a person, or for the end of a run: not for each source that ends.
          workflowIdReusePolicy: urgency === 'soon' ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    });
  }
}
