import type { Command } from 'commander';
import { WORKFLOW, type OrderForHosts, type OrderedHosts } from '../../workflows/messages.js';
import type { UpdateDefinition } from '@temporalio/common';
import { contextOf, type CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';

type WithConnection = (
  context: CliContext,
  requireWorker: boolean,
  use: (context: CliContext, connection: TemporalConnection) => Promise<void>,
) => Promise<void>;

interface ReasonOption {
  readonly reason?: string;
}

const REASON = ['--reason <text>', 'why; stays with the run'] as const;

/** `runs pause|resume|skip|retry`: what a person may say of a running backup of many hosts. */
export function registerRunsControlCommands(runs: Command, withConnection: WithConnection): void {
  const signal = (name: 'pause' | 'resume', description: string): void => {
    runs
      .command(`${name} <run>`)
      .description(description)
      .option(...REASON)
      .action(async (run: string, options: ReasonOption, command: Command) => {
        await withConnection(contextOf(command), true, (context, connection) =>
          pauseOrResume(context, connection, run, { action: name, ...options }),
        );
      });
  };
  const order = (name: 'skip' | 'retry', description: string): void => {
    runs
      .command(`${name} <run> <hosts...>`)
      .description(description)
      .option(...REASON)
      .action(async (run: string, hosts: string[], options: ReasonOption, command: Command) => {
        await withConnection(contextOf(command), true, (context, connection) =>
          skipOrRetry(context, connection, run, { action: name, hosts, ...options }),
        );
      });
  };
  signal('pause', 'begin no more hosts of a running backup; those at work go on to their end');
  signal('resume', 'go on with a paused backup');
  order('skip', 'leave hosts out of a running backup; one at work is cancelled, its post scripts run');
  order('retry', 'back up hosts of a running backup again that failed or were skipped');
}

/** The Workflow ID of a run that can be steered. */
async function steeredRun(connection: TemporalConnection, run: string): Promise<string> {
  const { findRun, isRunning } = await import('../runs/find-run.js');
  const { HoldfastError } = await import('../../core/failures.js');
  const found = await findRun(connection, run);
  if (found.type !== WORKFLOW.fleetBackup)
    throw new HoldfastError('RunControlRefused', `${found.workflowId} is no backup of many hosts.`);
  if (!isRunning(found)) throw new HoldfastError('RunControlRefused', `${found.workflowId} has ended.`);
  return found.workflowId;
}

async function pauseOrResume(
  context: CliContext,
  connection: TemporalConnection,
  run: string,
  { action, reason }: ReasonOption & { readonly action: 'pause' | 'resume' },
): Promise<void> {
  const { pauseRunSignal, resumeRunSignal } = await import('../../workflows/messages.js');
  const workflowId = await steeredRun(connection, run);
  const handle = connection.client.workflow.getHandle(workflowId);
  await handle.signal(action === 'pause' ? pauseRunSignal : resumeRunSignal, await orderedBy(reason));
  context.printJson({ message_type: action, workflow_id: workflowId });
  context.print(
    action === 'pause'
      ? `paused: no more hosts are begun, those at work go on\n  holdfast runs resume ${workflowId}`
      : 'resumed',
  );
}

async function skipOrRetry(
  context: CliContext,
  connection: TemporalConnection,
  run: string,
  { action, hosts, reason }: ReasonOption & { readonly action: 'skip' | 'retry'; readonly hosts: readonly string[] },
): Promise<void> {
  const { retryHostUpdate, skipHostUpdate } = await import('../../workflows/messages.js');
  const { updateRun } = await import('../runs/update-run.js');
  const update: UpdateDefinition<OrderedHosts, [OrderForHosts]> = action === 'skip' ? skipHostUpdate : retryHostUpdate;
  const workflowId = await steeredRun(connection, run);
  const done = await updateRun(connection, workflowId, update, { hosts, ...(await orderedBy(reason)) });
  context.printJson({ message_type: action, workflow_id: workflowId, hosts: done.hosts });
  context.print(`${action === 'skip' ? 'left out' : 'backed up again'}: ${done.hosts.join(', ')}`);
}

async function orderedBy(reason: string | undefined): Promise<{ readonly by: string; readonly reason?: string }> {
  const { whoOrders } = await import('../runs/who.js');
  return { by: whoOrders(), ...(reason === undefined ? {} : { reason }) };
}
