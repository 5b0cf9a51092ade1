import type { Command } from 'commander';
import { EXIT } from '../../core/statuses.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';

export function registerConfigCommands(program: Command): void {
  const config = program.command('config').description('check, show and begin configurations');
  config
    .command('check', { isDefault: true })
    .description('name every mistake of the configuration, each with its place and what to write instead')
    .action((_options: unknown, command: Command) => checkConfig(contextOf(command)));
  config
    .command('show')
    .description('print every setting as it counts, and where it comes from')
    .argument('[hosts...]', 'only these hosts')
    .action((hosts: string[], _options: unknown, command: Command) => showConfig(contextOf(command), hosts));
  config
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .action((_options: unknown, command: Command) => printSchema(contextOf(command)));
  config
    .command('init')
    .description('write a commented configuration to begin with; overwrites nothing')
    .argument('[file]', 'where to; default: --config, else ~/.config/holdfast/config.yaml')
    .action((file: string | undefined, _options: unknown, command: Command) => initConfig(contextOf(command), file));
}

async function checkConfig(context: CliContext): Promise<void> {
  const { ConfigInvalidError, findConfig, loadConfig, problemLine } = await import('../../config/load.js');
  const { localWarnings } = await import('../../config/local-warnings.js');
  const path = await findConfig(context.configPath);
  try {
    const configuration = await loadConfig(path);
    const { hosts, schedules, notes } = configuration;
    const warnings = await localWarnings(configuration);
    const sources = hosts.reduce((count, host) => count + host.sources.length, 0);
    const { countText } = await import('../output.js');
    context.print(
      `${path} is valid: ${countText(hosts.length, 'host')}, ${countText(sources, 'source')}, ${countText(schedules.length, 'schedule')}.`,
    );
    for (const note of notes) context.note(`note: ${note}`);
    for (const warning of warnings) context.note(`warning: ${warning}`);
    context.printJson({
      message_type: 'summary',
      valid: true,
      path,
      problems: [],
      notes,
      warnings,
      hosts: hosts.length,
      sources,
      schedules: schedules.length,
    });
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    for (const problem of error.problems) context.print(problemLine(problem));
    const { countText } = await import('../output.js');
    context.note(`${countText(error.problems.length, 'mistake')}.`);
    context.printJson({ message_type: 'summary', valid: false, path, problems: error.problems, exit_code: EXIT.usage });
    process.exitCode = EXIT.usage;
  }
}

async function showConfig(context: CliContext, names: readonly string[]): Promise<void> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const { effectiveLines, effectiveValues } = await import('../../config/effective.js');
  const { selectHosts } = await import('../../config/selection.js');
  const configuration = await loadConfig(await findConfig(context.configPath));
  if (names.length > 0) selectHosts(configuration.hosts, { hosts: names, sources: [], tags: [] });
  const values = effectiveValues(configuration, names);
  for (const line of effectiveLines(configuration, values)) context.print(line);
  for (const note of configuration.notes) context.note(`note: ${note}`);
  context.printJson({ message_type: 'summary', path: configuration.path, values, notes: configuration.notes });
}

async function printSchema(context: CliContext): Promise<void> {
  const { configurationJsonSchema } = await import('../../config/json-schema.js');
  const schema = configurationJsonSchema();
  context.print(JSON.stringify(schema, null, 2));
  context.printJson(schema);
}

async function initConfig(context: CliContext, file: string | undefined): Promise<void> {
  const { configPlaces } = await import('../../config/load.js');
  const { writeStarter } = await import('../write-starter.js');
  const target = file ?? context.configPath ?? configPlaces(process.env)[0] ?? 'holdfast.yaml';
  const { path, schemaPath } = await writeStarter(target);
  context.print(`Wrote ${path} and, for editors, ${schemaPath}.`);
  context.note(`Next: edit it, then run \`holdfast --config ${path} config check\`.`);
  context.printJson({ message_type: 'summary', path, schema: schemaPath });
}
