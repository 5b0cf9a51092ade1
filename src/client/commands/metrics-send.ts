import { randomBytes } from 'node:crypto';
import type { CatalogPlan } from '../../core/plan.js';
import { HoldfastError } from '../../core/failures.js';
import { backfillWorkflowId, TASK_QUEUE } from '../../core/ids.js';
import { type MetricsSender, senderOf } from '../../core/metrics/sender.js';
import { EXIT, exitCodeOfFailure, exitCodeOfResult } from '../../core/statuses.js';
import type {
  BackfillMetricsWorkflowInput,
  BackfillMetricsWorkflowResult,
  ScanSizesProgress,
  ScanSizesResult,
} from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import { type AtWorkers, withWorkers } from '../with-workers.js';

/** @param wait after a scan of sizes */
export async function send(context: CliContext, wait: boolean): Promise<void> {
  await withWorkers(context, async (at) => {
    const senders = await sendersOf(at);
    const scanned = wait ? await waitForScan(context, at) : EXIT.ok;
    if (scanned === 'detached') return;
    const sent = await sendAll(context, at.connection, senders);
    process.exitCode = sent.exitCode === EXIT.ok ? scanned : sent.exitCode;
    context.printJson({ message_type: 'summary', ...sent.document, exit_code: process.exitCode });
  });
}

export async function backfill(context: CliContext, days: number): Promise<void> {
  await withWorkers(context, async (at) => {
    const senders = await sendersOf(at);
    const sinceMs = Date.now() - days * 86_400_000;
    let [added, marked] = [0, 0];
    for (const sender of senders) {
      const result = await backfillOne(at.connection, { ...sender.input, sinceMs });
      added += result.added;
      marked += result.marked;
    }
    const { countText } = await import('../output.js');
    context.print(`${countText(added, 'record')} from Temporal, ${countText(marked, 'record')} of history to send`);
    const sent = await sendAll(context, at.connection, senders);
    process.exitCode = sent.exitCode;
    context.printJson({ message_type: 'summary', added, marked, ...sent.document, exit_code: sent.exitCode });
  });
}

/** One for each machine that keeps a catalog of its own. */
async function sendersOf({ configPath, connection }: AtWorkers): Promise<MetricsSender[]> {
  const { loadConfig } = await import('../../config/load.js');
  const { workerMachines } = await import('../worker-machines.js');
  const { metrics, settings } = await loadConfig(configPath);
  if (metrics?.influxdb === undefined)
    throw new HoldfastError('MetricsNotConfigured', `${configPath} has no metrics.influxdb.`);
  const catalog: CatalogPlan | undefined = settings.catalog;
  const machines = catalog === undefined ? await workerMachines(connection) : [''];
  return machines.map((machine) => senderOf(configPath, catalog, machine));
}

async function backfillOne(
  { client, workerFailed }: TemporalConnection,
  input: BackfillMetricsWorkflowInput,
): Promise<BackfillMetricsWorkflowResult> {
  const { resultOf } = await import('../runs/workflow-results.js');
  const handle = await client.workflow.start(WORKFLOW.backfillMetrics, {
    taskQueue: TASK_QUEUE,
    workflowId: backfillWorkflowId(Date.now(), randomBytes(3).toString('hex')),
    args: [input],
    staticSummary: `history again since ${new Date(input.sinceMs).toISOString()}`,
  });
  return Promise.race([resultOf<BackfillMetricsWorkflowResult>(handle), workerFailed]);
}

/** Gives the exit code of the scan: what it measured is sent whatever it is. */
async function waitForScan(context: CliContext, { configPath, connection }: AtWorkers): Promise<number | 'detached'> {
  const { loadConfig } = await import('../../config/load.js');
  const { followRun } = await import('../runs/follow-run.js');
  const { runningSizeScan } = await import('../runs/running-size-scan.js');
  const { startSizeScan } = await import('../runs/start-size-scan.js');
  const { printScan, scanProgressView } = await import('../reports/sizes-report.js');
  const { sizeScanLimitMs: limitMs } = (await loadConfig(configPath)).settings;
  const selection = { hosts: [], sources: [], tags: [] };
  const handle =
    (await runningSizeScan(connection, configPath)) ??
    (await startSizeScan(connection, { configPath, selection, limitMs }));
  const result = await followRun<ScanSizesResult, ScanSizesProgress>(context, connection, handle, scanProgressView);
  if (result === 'detached') return result;
  printScan(context, result);
  context.printJson({ message_type: 'scan', ...result });
  return exitCodeOfResult(result);
}

async function sendAll(
  context: CliContext,
  connection: TemporalConnection,
  senders: readonly MetricsSender[],
): Promise<{ readonly exitCode: number; readonly document: object }> {
  const { sendNow } = await import('../runs/send-now.js');
  const { printSent } = await import('../reports/metrics-report.js');
  const sent = await Promise.all(
    senders.map(async (sender) => ({ workflowId: sender.workflowId, ...(await sendNow(connection, sender)) })),
  );
  for (const one of sent) printSent(context, one);
  const failed = sent.find(({ failure }) => failure !== undefined)?.failure;
  const isRefused = sent.some(({ refused }) => refused > 0);
  return {
    exitCode: failed ? exitCodeOfFailure(failed) : isRefused ? EXIT.warnings : EXIT.ok,
    document: { sent: sum(sent.map((one) => one.sent)), refused: sum(sent.map((one) => one.refused)), senders: sent },
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
