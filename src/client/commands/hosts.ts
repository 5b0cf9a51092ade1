import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { TASK_QUEUE } from '../../core/ids.js';
import { EXIT } from '../../core/statuses.js';
import type { CheckHostsInput, CheckHostsResult, HostCheck } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf, failureLines } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';

export function registerHostsCommands(program: Command): void {
  const hosts = program.command('hosts').description('the hosts and sources of the configuration');
  hosts
    .command('list', { isDefault: true })
    .description('what the configuration backs up, and where to')
    .action(async (_options: unknown, command: Command) => listHosts(contextOf(command)));
  hosts
    .command('check')
    .description('log into each host once: tools, clock, sources')
    .argument('[hosts...]', 'hosts to take; none means all')
    .action(async (names: string[], _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { connect } = await import('../connection.js');
      const connection = await connect({ requireWorker: true, note: context.note });
      try {
        const result = await checkHosts(context, connection, names);
        process.exitCode = await printChecks(context, result);
      } finally {
        await connection.stop();
      }
    });
}

async function listHosts(context: CliContext): Promise<void> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const configuration = await loadConfig(resolve(await findConfig(context.configPath, process.env)));
  const { table } = await import('../output.js');
  const rows = configuration.hosts.flatMap((host) =>
    host.sources.map((source) => [
      host.name,
      source.name,
      source.path,
      source.engine,
      source.destination.name,
      source.tags.join(' '),
    ]),
  );
  context.print(table(['HOST', 'SOURCE', 'PATH', 'ENGINE', 'DESTINATION', 'TAGS'], rows));
  context.printJson({ message_type: 'summary', hosts: configuration.hosts });
}

/** Lets a worker log into the hosts: what counts is what the worker sees, not this machine. */
export async function checkHosts(
  context: CliContext,
  connection: TemporalConnection,
  names: readonly string[],
): Promise<CheckHostsResult> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const configuration = await loadConfig(configPath);
  const input: CheckHostsInput = {
    configPath,
    selection: { hosts: names, sources: [], tags: [] },
    parallelHosts: configuration.settings.parallelHosts,
  };
  const handle = await connection.client.workflow.start(WORKFLOW.checkHosts, {
    taskQueue: TASK_QUEUE,
    workflowId: `hosts/${Date.now()}-${randomBytes(3).toString('hex')}`,
    args: [input],
  });
  const { resultOf } = await import('../workflow-results.js');
  return Promise.race([resultOf<CheckHostsResult>(handle), connection.workerFailed]);
}

/** Prints the table and what to do about each failure; gives the exit code. */
export async function printChecks(context: CliContext, result: CheckHostsResult): Promise<number> {
  const { table } = await import('../output.js');
  const exitCode = result.hosts.every(isWell) ? EXIT.ok : EXIT.failed;
  context.print(table(['HOST', 'ADDRESS', 'LOGIN', 'CLOCK', 'SOURCES', 'TOOLS'], result.hosts.map(checkRow)));
  for (const { host, failure } of result.hosts) {
    if (failure !== undefined) for (const line of failureLines({ ...failure, host })) context.print(line);
  }
  context.printJson({ message_type: 'summary', ...result, exit_code: exitCode });
  return exitCode;
}

const isWell = (check: HostCheck): boolean =>
  check.failure === undefined && (check.probe?.sources.every(({ state }) => state === 'directory') ?? false);

function checkRow({ host, address, probe, failure }: HostCheck): string[] {
  if (probe === undefined) return [host, address, failure?.type ?? 'unknown', '–', '–', '–'];
  const bad = probe.sources
    .filter(({ state }) => state !== 'directory')
    .map(({ source, state }) => `${source}: ${state}`);
  const tools = Object.entries(probe.tools).map(([tool, version]) => `${tool} ${version}`);
  return [
    host,
    address,
    `${probe.roundTripMs} ms`,
    `${probe.clockSkewMs >= 0 ? '+' : ''}${(probe.clockSkewMs / 1000).toFixed(1)} s`,
    bad.length === 0 ? `${probe.sources.length} there` : bad.join(', '),
    tools.join(', '),
  ];
}
