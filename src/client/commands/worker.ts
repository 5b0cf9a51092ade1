import type { Command } from 'commander';
import { contextOf } from '../cli-context.js';
import { maxConnectionsOption, metricsOption } from '../command-arguments.js';
import type { ServeOptions } from '../serve.js';

export function registerWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description('run a worker for your Temporal server')
    .addOption(maxConnectionsOption())
    .addOption(metricsOption())
    .addHelpText(
      'after',
      `
The server is named as for Temporal's own tools: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_…, or a
profile of its configuration file (TEMPORAL_PROFILE). SIGTERM gives running steps 30 seconds; what is not done by then is done
again by another worker.`,
    )
    .action(async (options: ServeOptions, command: Command) => {
      const { serve } = await import('../serve.js');
      await serve(contextOf(command), 'long', options);
    });
}
