import type { Command } from 'commander';
import { contextOf } from '../cli-context.js';
import { maxConnectionsOption, metricsOption } from '../command-arguments.js';
import type { ServeOptions } from '../serve.js';

export function registerUpCommand(program: Command): void {
  program
    .command('up')
    .description('run the Temporal server and a worker in the foreground')
    .addOption(maxConnectionsOption())
    .addOption(metricsOption())
    .addHelpText(
      'after',
      `
The server is the one that TEMPORAL_ADDRESS or TEMPORAL_PROFILE names, else an embedded one with its database in
$HOLDFAST_STATE_DIR or ~/.local/state/holdfast. Ctrl-C or SIGTERM stops; what was running goes on with the next \`holdfast up\`,
also after a crash.`,
    )
    .action(async (options: ServeOptions, command: Command) => {
      const { serve } = await import('../serve.js');
      await serve(contextOf(command), 'short', options);
    });
}
