import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../core/statuses.js';
import type { VerifiedHost, VerifyHostsInput, VerifyHostsResult } from '../../workflows/messages.js';
import { WORKFLOW } from '../../workflows/messages.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import type { TemporalConnection } from '../connection.js';

export function registerHostsVerifyCommand(hosts: Command): void {
  hosts
    .command('verify')
    .alias('check')
    .description(
      'look at all that the hosts’ backups need: name, ping, port, host key, login, tools, clock, paths, scripts, room',
    )
    .argument('[hosts...]', 'hosts to take; none means all')
    .addHelpText(
      'after',
      '\nNothing is changed. A line for each host, and every check of those with trouble; --verbose: of all.\nExit codes: 0 all is well · 1 something failed · 3 warnings\n\nExamples:\n  holdfast hosts verify\n  holdfast hosts verify web1 --verbose',
    )
    .action(async (names: string[], _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { connect } = await import('../connection.js');
      const connection = await connect({ requireWorker: true, note: context.note });
      try {
        process.exitCode = await verifyHosts(context, connection, names);
      } finally {
        await connection.stop();
      }
    });
}

/** Lets a worker look at the hosts: what counts is what the worker sees, not this machine. Gives the exit code. */
export async function verifyHosts(
  context: CliContext,
  connection: TemporalConnection,
  names: readonly string[],
): Promise<number> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const configPath = resolve(await findConfig(context.configPath, process.env));
  const { settings } = await loadConfig(configPath);
  const input: VerifyHostsInput = {
    configPath,
    selection: { hosts: names, sources: [], tags: [] },
    parallelHosts: settings.parallelHosts,
  };
  const { readPages } = await import('../read-pages.js');
  const { printDetails, printHosts } = await import('../reports/verify-hosts-report.js');
  const hosts: VerifiedHost[] = [];
  const workflow = {
    type: WORKFLOW.verifyHosts,
    idPrefix: 'hosts',
    summary: `Verify ${names.join(', ') || 'all hosts'}`,
  };
  for await (const page of readPages<VerifyHostsInput, number, VerifyHostsResult>(connection, workflow, input)) {
    for (const note of page.notes) context.note(`note: ${note}`);
    for (const host of page.hosts) context.printJson({ message_type: 'host', ...host });
    hosts.push(...page.hosts);
  }
  printHosts(context, hosts);
  printDetails(context, hosts);
  const count = (status: VerifiedHost['status']): number => hosts.filter((host) => host.status === status).length;
  const counts = { ok: count('ok'), warning: count('warning'), failed: count('failed') };
  const exitCode = counts.failed > 0 ? EXIT.failed : counts.warning > 0 ? EXIT.warnings : EXIT.ok;
  context.printJson({ message_type: 'summary', hosts: hosts.length, counts, exit_code: exitCode });
  return exitCode;
}
