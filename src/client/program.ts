import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerApproveCommands } from './commands/approve.js';
import { registerBackupCommand } from './commands/backup.js';
import { registerBackupsCommand } from './commands/backups.js';
import { registerBrowseCommand } from './commands/browse.js';
import { registerCatalogCommands } from './commands/catalog.js';
import { registerConfigCommands } from './commands/config.js';
import { registerConsolidateCommand } from './commands/consolidate.js';
import { registerDemoCommand } from './commands/demo.js';
import { registerDiffCommand } from './commands/diff.js';
import { registerDoctorCommand } from './commands/doctor.js';
import { registerDrillCommand } from './commands/drill.js';
import { registerFilesCommand } from './commands/files.js';
import { registerFindCommand } from './commands/find.js';
import { registerHostsCommands } from './commands/hosts.js';
import { registerKeysCommands } from './commands/keys.js';
import { registerMetricsCommands } from './commands/metrics.js';
import { registerPruneCommand } from './commands/prune.js';
import { registerRestoreCommand } from './commands/restore.js';
import { registerReportCommand } from './commands/report.js';
import { registerRunsCommands } from './commands/runs.js';
import { registerSchedulesCommands } from './commands/schedules.js';
import { registerSizesCommands } from './commands/sizes.js';
import { registerSnapshotsCommands } from './commands/snapshots.js';
import { registerUpCommand } from './commands/up.js';
import { registerVerifyCommand } from './commands/verify.js';
import { registerWorkerCommand } from './commands/worker.js';

const EXIT_CODES = `
Exit codes: 0 ok · 1 failed · 2 usage or configuration · 3 finished with warnings · 4 some hosts skipped or held
            5 no Temporal server or worker reachable · 130 interrupted (the run goes on)`;

/** The whole command line. Commands load what they need when they run, so that `--help` is quick. */
export function createProgram(): Command {
  const program = new Command('holdfast')
    .description('Agentless backup and restore for fleets of Linux hosts; every run is a durable Temporal workflow.')
    .version(version())
    .option('-c, --config <file>', 'configuration file (YAML)')
    .option('--json', 'results as JSON, one document a line')
    .option('-q, --quiet', 'results and errors only')
    .option('-v, --verbose', 'say more')
    .addHelpText('after', EXIT_CODES)
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for the options)')
    .enablePositionalOptions(false)
    .exitOverride();
  registerUpCommand(program);
  registerWorkerCommand(program);
  registerBackupCommand(program);
  registerRestoreCommand(program);
  registerBackupsCommand(program);
  registerFilesCommand(program);
  registerBrowseCommand(program);
  registerCatalogCommands(program);
  registerFindCommand(program);
  registerDiffCommand(program);
  registerVerifyCommand(program);
  registerDrillCommand(program);
  registerPruneCommand(program);
  registerSnapshotsCommands(program);
  registerConsolidateCommand(program);
  registerReportCommand(program);
  registerRunsCommands(program);
  registerApproveCommands(program);
  registerSchedulesCommands(program);
  registerSizesCommands(program);
  registerMetricsCommands(program);
  registerHostsCommands(program);
  registerConfigCommands(program);
  registerKeysCommands(program);
  registerDoctorCommand(program);
  registerDemoCommand(program);
  return program;
}

export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
