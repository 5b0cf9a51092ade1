import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { sizeBytes } from '../../config/units.js';
import type { SetLimits } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { limitOf } from '../command-arguments.js';
import type { TemporalConnection } from '../connection.js';

interface LimitOptions {
  readonly bandwidth?: SetLimits['bandwidthLimitBytesPerSecond'];
  readonly parallelHosts?: number;
}

type WithConnection = (
  context: CliContext,
  requireWorker: boolean,
  use: (context: CliContext, connection: TemporalConnection) => Promise<void>,
) => Promise<void>;

export function registerRunsLimitCommand(runs: Command, withConnection: WithConnection): void {
  runs
    .command('limit <workflow-id>')
    .description('limit what a running backup moves, or how many hosts are at work; also backup of one host')
    .addOption(
      new Option(
        '--bandwidth <rate>',
        'bytes per second for all of the run, for instance 5MiB; none; configured: as the configuration says',
      ).argParser(bandwidthArgument),
    )
    .addOption(new Option('--parallel-hosts <count>', 'so many hosts at a time').argParser(limitOf))
    .action(async (workflowId: string, options: LimitOptions, command: Command) => {
      await withConnection(contextOf(command), true, (context, connection) =>
        setLimits(context, connection, workflowId, options),
      );
    });
}

function bandwidthArgument(text: string): NonNullable<LimitOptions['bandwidth']> {
  if (text === 'none' || text === 'configured') return text;
  const bytes = sizeBytes(text);
  if (bytes === undefined) throw new InvalidArgumentError('Write for instance 5MiB or 500KiB, none, or configured.');
  return bytes;
}

async function setLimits(
  context: CliContext,
  connection: TemporalConnection,
  workflowId: string,
  { bandwidth, parallelHosts }: LimitOptions,
): Promise<void> {
  const { setLimitsUpdate } = await import('../../workflows/messages.js');
  const { updateRun } = await import('../runs/update-run.js');
  const asked: SetLimits = {
    ...(bandwidth === undefined ? {} : { bandwidthLimitBytesPerSecond: bandwidth }),
    ...(parallelHosts === undefined ? {} : { parallelHosts }),
  };
  const now = await updateRun(connection, workflowId, setLimitsUpdate, asked);
  context.printJson({
    message_type: 'limits',
    workflow_id: workflowId,
    bandwidth_bytes_per_second: now.limit === undefined ? 'configured' : now.limit.bytesPerSecond,
    parallel_hosts: now.parallelHosts ?? null,
  });
  const { bytesText } = await import('../output.js');
  const rate = now.limit?.bytesPerSecond;
  const said = now.limit === undefined ? 'as configured' : rate ? `${bytesText(rate)} per second` : 'unlimited';
  const hosts = now.parallelHosts === undefined ? '' : `; ${now.parallelHosts} hosts at a time`;
  context.print(`bandwidth ${said}${hosts}`);
}
