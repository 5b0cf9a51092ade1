import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { fleetBackupWorkflowId, prunesWorkflowId, TASK_QUEUE } from '../../core/ids.js';
import { EXIT, exitCodeOfResult } from '../../core/statuses.js';
import {
  WORKFLOW,
  type Decide,
  type FleetBackupInput,
  type FleetBackupResult,
  type FleetProgress,
  type PruneInput,
  type PruneProgress,
  type PruneResult,
} from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import type { LeftHeld } from './held-sources.js';

/** A new run of just these sources, with what was approved of them. */
export async function backUpAgain(
  context: CliContext,
  connection: TemporalConnection,
  held: readonly LeftHeld[],
  who: Pick<Decide, 'by' | 'reason'>,
  detach: boolean,
): Promise<void> {
  const { loadConfig } = await import('../../config/load.js');
  const configPath = await configPathOf(context);
  const { settings } = await loadConfig(configPath);
  const { followRun } = await import('./follow-run.js');
  const { sayStarted } = await import('./say-started.js');
  const { fleetProgressView, printFleetResult } = await import('../reports/backup-report.js');
  const workflowId = fleetBackupWorkflowId('approved', Date.now(), randomBytes(3).toString('hex'));
  const input: FleetBackupInput = {
    configPath,
    plan: 'approved',
    selection: selectionOf(held),
    options: { dryRun: false, full: false, approve: false },
    parallelHosts: settings.parallelHosts,
    approvals: held.map(({ host, source, doubt }) => ({
      host,
      source,
      ...who,
      ...(doubt === undefined ? {} : { doubt }),
    })),
  };
  const handle = await connection.client.workflow.start(WORKFLOW.fleetBackup, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [input],
    staticSummary: `approved: ${held.map(placeText).join(', ')}`.slice(0, 100),
  });
  if (detach && !connection.ownWorker) return sayStarted(context, connection, workflowId);
  const result = await followRun<FleetBackupResult, FleetProgress>(context, connection, handle, fleetProgressView);
  if (result === 'detached') return;
  printFleetResult(context, result);
  const exitCode = exitCodeOfResult(result);
  context.printJson({ message_type: 'summary', workflow_id: workflowId, ...result, exit_code: exitCode });
  process.exitCode = exitCode;
}

/** Host by host: a prune goes on with all that is selected, and nothing else is approved. */
export async function pruneAgain(
  context: CliContext,
  connection: TemporalConnection,
  held: readonly LeftHeld[],
  who: Pick<Decide, 'by' | 'reason'>,
): Promise<void> {
  const { followRun } = await import('./follow-run.js');
  const { printPruneResult, pruneProgressView } = await import('../reports/prune-report.js');
  const configPath = await configPathOf(context);
  const exitCodes: number[] = [];
  for (const host of new Set(held.map((one) => one.host))) {
    const selection = selectionOf(held.filter((one) => one.host === host));
    const input: PruneInput = { configPath, selection, approve: true, sweepOnly: false };
    const workflowId = prunesWorkflowId(Date.now(), randomBytes(3).toString('hex'));
    const handle = await connection.client.workflow.start(WORKFLOW.pruneDestinations, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [input],
      staticSummary: `prune, approved by ${who.by}`.slice(0, 100),
    });
    const result = await followRun<PruneResult, PruneProgress>(context, connection, handle, pruneProgressView);
    if (result === 'detached') return;
    printPruneResult(context, result);
    exitCodes.push(exitCodeOfResult(result));
    context.printJson({ message_type: 'summary', workflow_id: workflowId, ...result, exit_code: exitCodes.at(-1) });
  }
  process.exitCode = exitCodes.find((code) => code !== EXIT.ok) ?? EXIT.ok;
}

async function configPathOf(context: CliContext): Promise<string> {
  const { findConfig } = await import('../../config/load.js');
  return resolve(await findConfig(context.configPath, process.env));
}

const selectionOf = (held: readonly LeftHeld[]): PruneInput['selection'] => ({
  hosts: [...new Set(held.map(({ host }) => host))],
  sources: [...new Set(held.map(({ source }) => source))],
  tags: [],
});

export const placeText = ({ host, source }: Pick<LeftHeld, 'host' | 'source'>): string => `${host}:${source}`;
