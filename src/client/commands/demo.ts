import type { Command } from 'commander';
import { EXIT } from '../../core/statuses.js';
import { contextOf } from '../cli-context.js';

export function registerDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('prove the main job on this machine: back up and restore two throw-away SSH hosts')
    .option('--keep', 'leave it all running, to be looked at, until Ctrl-C', false)
    .action(async ({ keep }: { keep: boolean }, command: Command) => {
      const { runDemo } = await import('../../demo/demo.js');
      if (!(await runDemo(contextOf(command), { keep }))) process.exitCode = EXIT.failed;
    });
}
