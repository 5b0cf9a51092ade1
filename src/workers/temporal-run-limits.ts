import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { RunLimit } from '../core/plan.js';
import type { RunLimits } from '../providers/throttle/run-limits.js';
import { limitsQuery } from '../workflows/messages.js';

const PERIOD_MS = 2_000;

interface Watched {
  readonly listeners: Set<(limit: RunLimit | undefined) => void>;
  readonly timer: NodeJS.Timeout;
}

/** Asks each run whose limited transfers this worker moves for its limit, every two seconds, once for all of them. */
export class TemporalRunLimits implements RunLimits {
  readonly #client: Client;
  readonly #watched = new Map<string, Watched>();

  constructor(connection: NativeConnection, namespace: string) {
    this.#client = new Client({ connection, namespace });
  }

  watch(
    run: { readonly workflowId: string; readonly runId: string },
    onChange: (limit: RunLimit | undefined) => void,
  ): () => void {
    const key = `${run.workflowId} ${run.runId}`;
    const watched = this.#watched.get(key) ?? this.#begin(key, run);
    watched.listeners.add(onChange);
    return () => {
      watched.listeners.delete(onChange);
      if (watched.listeners.size > 0) return;
      clearInterval(watched.timer);
      this.#watched.delete(key);
    };
  }

  #begin(key: string, { workflowId, runId }: { workflowId: string; runId: string }): Watched {
    const listeners: Watched['listeners'] = new Set();
    const ask = async (): Promise<void> => {
      // A worker that is busy answers late: what was known goes on to count.
      const answer = await this.#client.workflow
        .getHandle(workflowId, runId)
        .query(limitsQuery)
        .catch(() => undefined);
      if (answer !== undefined) for (const listener of listeners) listener(answer.limit);
    };
    const watched = { listeners, timer: setInterval(() => void ask(), PERIOD_MS) };
    this.#watched.set(key, watched);
    return watched;
  }
}
