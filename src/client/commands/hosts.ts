import { resolve } from 'node:path';
import type { Command } from 'commander';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { registerInstallKeyCommand } from './hosts-install-key.js';
import { registerTrustCommand } from './hosts-trust.js';
import { registerHostsVerifyCommand } from './hosts-verify.js';

export function registerHostsCommands(program: Command): void {
  const hosts = program
    .command('hosts')
    .description('the hosts of the configuration: what is backed up, and whether it can be');
  hosts
    .command('list', { isDefault: true })
    .description('what the configuration backs up, and where to')
    .action(async (_options: unknown, command: Command) => listHosts(contextOf(command)));
  registerHostsVerifyCommand(hosts);
  registerTrustCommand(hosts);
  registerInstallKeyCommand(hosts);
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
