import { resolve } from 'node:path';
import type { Command } from 'commander';
import { failureOf } from '../../core/failures.js';
import type { Failure } from '../../core/failures.js';
import { EXIT, exitCodeOfFailure } from '../../core/statuses.js';
import { contextOf, failureLines } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import { verifyHosts } from './hosts-verify.js';

export function registerDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check this machine, the configuration, Temporal, a worker and the hosts, one after another')
    .action(async (_options: unknown, command: Command) => {
      process.exitCode = await examine(contextOf(command));
    });
}

/** Each check needs the one before: the first that fails ends it, with what to do. */
async function examine(context: CliContext): Promise<number> {
  const steps: readonly [name: string, check: () => Promise<string>][] = [
    ['programs', checkPrograms],
    ['configuration', () => checkConfiguration(context)],
    ['encryption', () => checkEncryption(context)],
  ];
  for (const [name, check] of steps) {
    const failed = await say(context, name, check);
    if (failed !== undefined) return exitCodeOfFailure(failed);
  }
  const { connect } = await import('../connection.js');
  let connection: Awaited<ReturnType<typeof connect>> | undefined;
  const failed = await say(context, 'temporal', async () => {
    connection = await connect({ requireWorker: true, note: context.note });
    return `${connection.address}, namespace ${connection.namespace}, ${connection.ownWorker ? 'worker in this command' : 'worker running'}`;
  });
  if (failed !== undefined || connection === undefined)
    return failed === undefined ? EXIT.unreachable : exitCodeOfFailure(failed);
  try {
    return await verifyHosts(context, connection, []);
  } finally {
    await connection.stop();
  }
}

async function say(context: CliContext, name: string, check: () => Promise<string>): Promise<Failure | undefined> {
  try {
    const detail = await check();
    context.print(`ok      ${name}: ${detail}`);
    context.printJson({ message_type: 'check', name, ok: true, detail });
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    context.print(`FAILED  ${name}: ${failureLines(failure).join('\n')}`);
    context.printJson({ message_type: 'check', name, ok: false, ...failure });
    return failure;
  }
}

async function checkPrograms(): Promise<string> {
  const { missingTools, missingToolsMessage } = await import('../system-tools.js');
  const { HoldfastError } = await import('../../core/failures.js');
  const missing = await missingTools('worker');
  if (missing !== undefined) throw new HoldfastError('ToolMissing', missingToolsMessage(missing));
  return `all that a worker needs; Node ${process.versions.node}`;
}

/** As far as this machine is the worker. */
async function checkEncryption(context: CliContext): Promise<string> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const { destinations, settings } = await loadConfig(resolve(await findConfig(context.configPath, process.env)));
  const encrypted = destinations.filter(({ encryption }) => encryption !== undefined).map(({ name }) => name);
  if (encrypted.length === 0) return 'no destination asks for it';
  const { missingTools, missingToolsMessage } = await import('../system-tools.js');
  const { HoldfastError } = await import('../../core/failures.js');
  const missing = await missingTools('encryption');
  if (missing !== undefined) throw new HoldfastError('ToolMissing', missingToolsMessage(missing));
  const { publicKeys } = await import('../../workers/keys.js');
  const { directory, indexRecipient, signingKey } = await publicKeys(settings.keysDir);
  if (indexRecipient === undefined || signingKey === undefined) {
    throw new HoldfastError('KeysMissing', `${encrypted.join(', ')}: the worker’s keys are not in ${directory}`);
  }
  return `${encrypted.join(', ')}; keys in ${directory}`;
}

async function checkConfiguration(context: CliContext): Promise<string> {
  const { findConfig, loadConfig } = await import('../../config/load.js');
  const path = resolve(await findConfig(context.configPath, process.env));
  const configuration = await loadConfig(path);
  for (const note of configuration.notes) context.note(`note: ${note}`);
  return `${path}, hosts: ${configuration.hosts.length}`;
}
