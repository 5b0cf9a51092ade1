import type { Command } from 'commander';
import { isHoldfastError } from '../../core/failures.js';
import { EXIT } from '../../core/statuses.js';
import type { PublicKeys } from '../../workers/keys.js';
import { contextOf } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';

export function registerKeysCommands(program: Command): void {
  const keys = program.command('keys').description('keys of this machine’s worker, for encrypted and signed archives');
  keys
    .command('init')
    .description('make the keys that are missing; run it on the worker, as its user')
    .action((_options: unknown, command: Command) => init(contextOf(command)));
  keys
    .command('show', { isDefault: true })
    .description('print the public parts')
    .action((_options: unknown, command: Command) => show(contextOf(command)));
}

async function init(context: CliContext): Promise<void> {
  const { initKeys } = await import('../../workers/keys.js');
  const keys = await initKeys(await keysDirOf(context));
  const made = (isNew: boolean): string => (isNew ? 'made' : 'there already, left as it is');
  context.print(`index key (${made(keys.index)}): ${keys.directory}/index.agekey`);
  context.print('  Opens indexes and running plans: the names of files, their sizes and times. It opens no data.');
  context.print(`signing key (${made(keys.signing)}): ${keys.directory}/signing.key`);
  context.print('  Signs manifests. It opens nothing; who has it can make backups that pass for this worker’s.');
  printPublic(context, keys);
  context.note(
    'What opens the data is the private key of a recipient. It is not made here and does not belong here: make it with age-keygen on another machine, keep it there, and give its public key as destinations.NAME.encryption.recipients.',
  );
  context.printJson({
    message_type: 'summary',
    made: { index: keys.index, signing: keys.signing },
    ...documentOf(keys),
  });
}

async function show(context: CliContext): Promise<void> {
  const { publicKeys } = await import('../../workers/keys.js');
  const keys = await publicKeys(await keysDirOf(context));
  context.printJson({ message_type: 'summary', ...documentOf(keys) });
  if (keys.indexRecipient === undefined && keys.signingKey === undefined) {
    context.print(`There are no keys in ${keys.directory}; \`holdfast keys init\` makes them.`);
    process.exitCode = EXIT.failed;
    return;
  }
  printPublic(context, keys);
}

function printPublic(context: CliContext, { indexRecipient, signingKey }: PublicKeys): void {
  context.print(`index recipient: ${indexRecipient ?? 'none'}`);
  context.print(`verify key: ${signingKey ?? 'none'}`);
}

const documentOf = ({ directory, indexRecipient, signingKey }: PublicKeys): Record<string, unknown> => ({
  directory,
  index_recipient: indexRecipient ?? null,
  verify_key: signingKey ?? null,
});

/** `config.keys_dir`. A worker can have keys before there is a configuration. */
async function keysDirOf(context: CliContext): Promise<string | undefined> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  try {
    const { settings } = await loadConfig(await findConfig(context.configPath));
    return settings.keysDir;
  } catch (error) {
    if (context.configPath === undefined && isHoldfastError(error) && error.type === 'ConfigNotFound') return undefined;
    throw error;
  }
}
