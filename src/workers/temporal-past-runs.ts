import { Client, WorkflowContinuedAsNewError, WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { resultOf } from '../client/runs/workflow-results.js';
import { recordsOfHost } from '../core/history/ended-records.js';
import { proofsOf } from '../core/history/proof-records.js';
import type { HistoryRecord } from '../core/history/records.js';
import { recordOfRun } from '../core/history/run-record.js';
import { sizeRecords } from '../core/history/size-records.js';
import { HoldfastError, isHoldfastError } from '../core/failures.js';
import type { PastRuns, PastRunsPage, PastRunsQuery } from '../providers/runs/past-runs.js';
import {
  type FleetBackupInput,
  type FleetBackupResult,
  type HostBackupInput,
  type HostBackupResult,
  type MeasureSizesInput,
  type MeasureSizesResult,
  type RestoreDrillInput,
  type RestoreDrillResult,
  type RestoreInput,
  type RestoreResult,
  WORKFLOW,
} from '../workflows/messages.js';

/** Each costs the server two or three questions. */
const PAGE_SIZE = 50;
const TYPES = [
  WORKFLOW.hostBackup,
  WORKFLOW.fleetBackup,
  WORKFLOW.restore,
  WORKFLOW.measureSizes,
  WORKFLOW.restoreDrill,
] as const;

interface Execution {
  readonly type: string;
  readonly workflowId: string;
  readonly runId: string;
}

/** Closed runs, as long as the Temporal server keeps them: their input and their result say what history would have been told when they ended. */
export class TemporalPastRuns implements PastRuns {
  readonly #client: Client;
  readonly #namespace: string;
  readonly #pageSize: number;

  constructor(connection: NativeConnection, namespace: string, pageSize = PAGE_SIZE) {
    this.#client = new Client({ connection, namespace });
    this.#namespace = namespace;
    this.#pageSize = pageSize;
  }

  async page({ configPath, sinceMs, after }: PastRunsQuery): Promise<PastRunsPage> {
    try {
      const { executions, next } = await this.#closed(sinceMs, after);
      const records: HistoryRecord[] = [];
      for (const execution of executions) records.push(...(await this.#recordsOf(execution, configPath)));
      return { records, ...(next === undefined ? {} : { next }) };
    } catch (error) {
      if (isHoldfastError(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new HoldfastError(
        'TemporalUnreachable',
        `The Temporal server does not list runs: ${reason}`,
        {},
        { cause: error },
      );
    }
  }

  async #closed(sinceMs: number, after = ''): Promise<{ executions: Execution[]; next: string | undefined }> {
    const types = TYPES.map((type) => `'${type}'`);
    const { executions, nextPageToken } = await this.#client.workflowService.listWorkflowExecutions({
      namespace: this.#namespace,
      pageSize: this.#pageSize,
      nextPageToken: Buffer.from(after, 'base64'),
      // Running ones have no such time.
      query: `WorkflowType IN (${types.join(', ')}) AND CloseTime >= '${new Date(sinceMs).toISOString()}'`,
    });
    const next = Buffer.from(nextPageToken ?? []).toString('base64');
    return {
      executions: executions.map(({ type, execution }) => ({
        type: type?.name ?? '',
        workflowId: execution?.workflowId ?? '',
        runId: execution?.runId ?? '',
      })),
      next: next === '' ? undefined : next,
    };
  }

  /** Of one that left no result, having been terminated or timed out, nothing is known. */
  async #recordsOf(execution: Execution, configPath: string): Promise<readonly HistoryRecord[]> {
    const input = await this.#inputOf(execution);
    const run = input === undefined ? undefined : runOf(execution, input);
    if (run?.configPath !== configPath || run.dryRun) return [];
    const { workflowId, runId } = execution;
    const handle = this.#client.workflow.getHandle(workflowId, runId, { followRuns: false });
    try {
      return run.recordsOf(await resultOf<unknown>(handle));
    } catch (error) {
      if (leftNoResult(error)) return [];
      throw error;
    }
  }

  async #inputOf({ workflowId, runId }: Execution): Promise<unknown> {
    const { history } = await this.#client.workflowService.getWorkflowExecutionHistory({
      namespace: this.#namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    });
    const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
    return payload === undefined || payload === null ? undefined : defaultPayloadConverter.fromPayload(payload);
  }
}

/** It goes on in another execution, was terminated or timed out, or the server has forgotten it meanwhile. */
const leftNoResult = (error: unknown): boolean =>
  isHoldfastError(error) || error instanceof WorkflowContinuedAsNewError || error instanceof WorkflowNotFoundError;

interface PastRun {
  readonly configPath: string;
  readonly dryRun: boolean;
  recordsOf(result: unknown): readonly HistoryRecord[];
}

function runOf(execution: Execution, input: unknown): PastRun | undefined {
  switch (execution.type) {
    case WORKFLOW.hostBackup: {
      const { configPath, options } = input as HostBackupInput;
      const recordsOf = (result: unknown) => recordsOfHost(result as HostBackupResult, execution);
      return { configPath, dryRun: options.dryRun, recordsOf };
    }
    case WORKFLOW.fleetBackup: {
      const { configPath, options } = input as FleetBackupInput;
      return {
        configPath,
        dryRun: options.dryRun,
        recordsOf: (result) => ofWhole(execution, result as FleetBackupResult),
      };
    }
    case WORKFLOW.restore: {
      const { configPath, dryRun } = (input as RestoreInput).request;
      return { configPath, dryRun, recordsOf: (result) => ofWhole(execution, result as RestoreResult) };
    }
    case WORKFLOW.measureSizes: {
      const { configPath, host } = input as MeasureSizesInput;
      const recordsOf = (result: unknown) =>
        ((result as MeasureSizesResult).totals ?? []).flatMap((totals) => sizeRecords(host, totals));
      return { configPath, dryRun: false, recordsOf };
    }
    case WORKFLOW.restoreDrill: {
      const { configPath } = input as RestoreDrillInput;
      const recordsOf = (result: unknown) => (result as RestoreDrillResult).sources.flatMap(proofsOf);
      return { configPath, dryRun: false, recordsOf };
    }
    default:
      return undefined;
  }
}

function ofWhole(execution: Execution, result: FleetBackupResult | RestoreResult): HistoryRecord[] {
  const { status, startedAtMs, durationMs } = result;
  const startedAt = new Date(startedAtMs).toISOString();
  const record = recordOfRun({ ...execution, status, startedAt, durationMs, hosts: [], summary: { ...result } });
  return record === undefined ? [] : [record];
}
