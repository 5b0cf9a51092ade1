import type { Command } from 'commander';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { WORKFLOW, type Decide } from '../../workflows/messages.js';
import { contextOf, type CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';
import type { HeldResult, Place } from '../runs/held-sources.js';
import { sourceOfArgument } from '../source-argument.js';

interface DecideOptions {
  readonly reason?: string;
  readonly detach?: boolean;
}

interface Decision {
  readonly run: string;
  readonly places: readonly Place[];
  readonly who: Pick<Decide, 'by' | 'reason'>;
}

const PLACES = 'HOST or HOST:SOURCE; none means all that the run holds';

export function registerApproveCommands(program: Command): void {
  program
    .command('approve')
    .description('go on with sources that the guard holds, after a person has looked')
    .argument('<run>', 'Workflow ID as `holdfast runs` shows it, or a part that no other run has')
    .argument('[places...]', PLACES)
    .option('--reason <text>', 'why; stays with the run')
    .option('-d, --detach', 'where a new run is started: return at once', false)
    .addHelpText(
      'after',
      '\nThe source is looked at again: where it is worse than what the run saw, it is held again.\nA run that waits goes on; for one that has ended, a new run of these sources is started.\n\nExamples:\n  holdfast approve backup/nightly/2026-11-21T02:00:00Z-1a2b3c web1:www\n  holdfast approve host/web1 --reason "old releases were removed"',
    )
    .action(async (run: string, places: string[], options: DecideOptions, command: Command) => {
      await decide(contextOf(command), run, places, options, approve);
    });
  program
    .command('reject')
    .description('leave sources as they are that the guard holds, and wait for them no longer')
    .argument('<run>', 'Workflow ID as `holdfast runs` shows it, or a part that no other run has')
    .argument('[places...]', PLACES)
    .option('--reason <text>', 'why; stays with the run')
    .action(async (run: string, places: string[], options: DecideOptions, command: Command) => {
      await decide(contextOf(command), run, places, options, reject);
    });
}

type Act = (
  context: CliContext,
  connection: TemporalConnection,
  run: WorkflowExecutionDescription,
  decision: Decision,
  options: DecideOptions,
) => Promise<void>;

async function decide(
  context: CliContext,
  run: string,
  places: readonly string[],
  options: DecideOptions,
  act: Act,
): Promise<void> {
  const { connect } = await import('../connection.js');
  const connection = await connect({ requireWorker: true, note: context.note });
  try {
    const { findRun } = await import('../runs/find-run.js');
    const { whoOrders } = await import('../runs/who.js');
    const found = await findRun(connection, run);
    const reason = options.reason === undefined ? {} : { reason: options.reason };
    const decision: Decision = {
      run: found.workflowId,
      places: places.map(sourceOfArgument),
      who: { by: whoOrders(), ...reason },
    };
    await act(context, connection, found, decision, options);
  } finally {
    await connection.stop();
  }
}

const approve: Act = async (context, connection, run, decision, options) => {
  const waiting = await waitingRun(connection, run, decision);
  if (waiting !== undefined) return tell(context, connection, waiting, 'approve');
  const { resultOf } = await import('../runs/workflow-results.js');
  const { heldIn } = await import('../runs/held-sources.js');
  const { backUpAgain, placeText, pruneAgain } = await import('../runs/approved-runs.js');
  const result = await resultOf<HeldResult>(connection.client.workflow.getHandle(run.workflowId, run.runId));
  const held = await heldIn(connection, result, decision.places);
  context.note(`${run.workflowId} has ended: a new run is started for ${held.map(placeText).join(', ')}.`);
  await (result.kind === 'prune' || result.kind === 'prune-destination'
    ? pruneAgain(context, connection, held, decision.who)
    : backUpAgain(context, connection, held, decision.who, options.detach ?? false));
};

const reject: Act = async (context, connection, run, decision) => {
  const waiting = await waitingRun(connection, run, decision);
  if (waiting !== undefined) return tell(context, connection, waiting, 'reject');
  context.printJson({ message_type: 'reject', workflow_id: run.workflowId, sources: [] });
  context.note(`${run.workflowId} has ended: what it held stays as it is, and nothing waits for it.`);
};

/** The fleetBackup that holds the sources, if it still runs: the run itself, or the one that a host’s run belongs to. */
async function waitingRun(
  connection: TemporalConnection,
  run: WorkflowExecutionDescription,
  decision: Decision,
): Promise<Decision | undefined> {
  const { describeRun, isRunning } = await import('../runs/find-run.js');
  if (run.type === WORKFLOW.fleetBackup) return isRunning(run) ? decision : undefined;
  const parentId = run.type === WORKFLOW.hostBackup ? run.parentExecution?.workflowId : undefined;
  const parent = typeof parentId !== 'string' ? undefined : await describeRun(connection, parentId);
  if (parent === undefined || parent.type !== WORKFLOW.fleetBackup || !isRunning(parent)) return undefined;
  const host = run.workflowId.slice('host/'.length);
  const places = decision.places.length === 0 ? [{ host }] : decision.places;
  return { ...decision, run: parent.workflowId, places };
}

async function tell(
  context: CliContext,
  connection: TemporalConnection,
  { run, places, who }: Decision,
  action: 'approve' | 'reject',
): Promise<void> {
  const { approveUpdate, rejectUpdate } = await import('../../workflows/messages.js');
  const { updateRun } = await import('../runs/update-run.js');
  const { placeText } = await import('../runs/approved-runs.js');
  const update = action === 'approve' ? approveUpdate : rejectUpdate;
  for (const place of places.length === 0 ? [{}] : places) {
    const { sources } = await updateRun(connection, run, update, { ...place, ...who });
    context.printJson({ message_type: action, workflow_id: run, sources });
    const done = action === 'approve' ? 'approved' : 'rejected';
    for (const source of sources) context.print(`${placeText(source)}: ${done}`);
  }
  if (action === 'approve') context.note(`They are looked at again:\n  holdfast runs attach ${run}`);
}
