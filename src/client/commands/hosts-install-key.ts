import { Option } from 'commander';
import type { Command } from 'commander';
import { RESTRICTED, rsyncOnly, type AuthorizedKey } from '../../core/ssh/authorized-keys.js';
import { failureOf, HoldfastError, isHoldfastError } from '../../core/failures.js';
import { sayable } from '../../core/hosts/checks.js';
import type { HostPlan } from '../../core/plan.js';
import { EXIT } from '../../core/statuses.js';
import type { AnswerPrompt, HostAccess, Identity } from '../../workers/host-access.js';
import { contextOf, failureLines } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';

interface InstallKeyOptions {
  readonly restrict: boolean;
  readonly rsyncOnly?: string | true;
  readonly print: boolean;
  readonly passwordFile?: string;
}

export function registerInstallKeyCommand(hosts: Command): void {
  hosts
    .command('install-key')
    .description(
      'let the worker log in by key: make one if needed, and install it with your password; run it on the worker, as its user',
    )
    .argument('<hosts...>', 'hosts to take')
    .option('--restrict', 'the key may run commands, and nothing else: no terminal, no forwarding', false)
    .option(
      '--rsync-only [directory]',
      'the key may run rsync, reading below this directory (default /), and nothing else; for hosts with rsync_only',
    )
    .option('--print', 'print the line for authorized_keys, and log in nowhere', false)
    .addOption(
      new Option('--password-file <file>', 'read the password from a file, - for standard input, instead of asking'),
    )
    .addHelpText(
      'after',
      '\nThe host’s key must be known: `holdfast hosts trust HOST`. The password is given to ssh and kept nowhere.\n\nExamples:\n  holdfast hosts install-key web1\n  holdfast hosts install-key web1 web2 --restrict\n  holdfast hosts install-key web1 --print',
    )
    .action(async (names: string[], options: InstallKeyOptions, command: Command) => {
      process.exitCode = await installKeys(contextOf(command), names, options);
    });
}

async function installKeys(context: CliContext, names: readonly string[], options: InstallKeyOptions): Promise<number> {
  const { hostsWithAccess } = await import('../host-keys/hosts-with-access.js');
  const { authorizedKeysLine } = await import('../../core/ssh/authorized-keys.js');
  const { hosts, access } = await hostsWithAccess(context, names);
  const answers = options.print ? undefined : await answersOf(options.passwordFile);
  const restriction = restrictionOf(options);
  let isWell = true;
  for (const host of hosts) {
    try {
      const identity = await access.identityFor(host);
      if (identity.isNew) context.note(`${host.name}: made the key ${identity.file}`);
      const key = { ...identity.publicKey, options: restriction };
      const result =
        answers === undefined
          ? { outcome: 'printed', said: authorizedKeysLine(key) }
          : await installOn(access, host, identity, key, answers(host.name));
      context.print(result.said);
      const line = authorizedKeysLine(key);
      context.printJson({
        message_type: 'host',
        host: host.name,
        identity: identity.file,
        line,
        outcome: result.outcome,
      });
    } catch (error) {
      isWell = false;
      const reason = failureOf(error, { host: host.name });
      for (const line of failureLines(reason)) context.print(line);
      context.printJson({ message_type: 'host', host: host.name, outcome: 'failed', failure: reason });
    }
  }
  const exitCode = isWell ? EXIT.ok : EXIT.failed;
  context.printJson({ message_type: 'summary', hosts: hosts.length, exit_code: exitCode });
  return exitCode;
}

function restrictionOf({ restrict, rsyncOnly: directory }: InstallKeyOptions): string {
  if (directory === undefined) return restrict ? RESTRICTED : '';
  try {
    return rsyncOnly(directory === true ? '/' : directory);
  } catch (error) {
    throw new HoldfastError('ConfigInvalid', (error as Error).message);
  }
}

async function answersOf(passwordFile: string | undefined): Promise<(host: string) => AnswerPrompt> {
  const { answersFor, passwordSource } = await import('../host-keys/password-source.js');
  const source = await passwordSource(passwordFile);
  return (host) => answersFor(host, source);
}

interface Installed {
  readonly outcome: 'works already' | 'installed' | 'present';
  readonly said: string;
}

/** Installs the key unless it works already, and proves by a login that it does. */
async function installOn(
  access: HostAccess,
  host: HostPlan,
  identity: Identity,
  key: AuthorizedKey,
  answer: AnswerPrompt,
): Promise<Installed> {
  const { name } = host;
  // A key that works may still lack the restriction that is asked for: only its line there tells.
  const works = await worksAlready(access, host, identity);
  if (works && key.options === '')
    return { outcome: 'works already', said: `${name}: ${identity.file} logs in already` };
  const outcome = await access.install(host, key, answer);
  switch (outcome.kind) {
    case 'refused':
      throw new HoldfastError('RemoteCommandFailed', `${name}: the key was not installed: ${sayable(outcome.why)}`);
    case 'other-options': {
      const place = `${sayable(outcome.file)} has the key with other options: ${sayable(outcome.line)}`;
      throw new HoldfastError(
        'RemoteCommandFailed',
        `${name}: ${place}. Nothing was changed; remove that line by hand`,
      );
    }
    case 'installed':
    case 'present': {
      const lax = outcome.lax.map(sayable).join(', ');
      await access.prove(host, identity).catch((error: unknown) => {
        throw unproven(name, outcome.file, lax, error);
      });
      const done = outcome.kind === 'installed' ? 'installed' : 'there already';
      return {
        outcome: outcome.kind,
        said: `${name}: ${identity.file} is ${done} in ${sayable(outcome.file)}, and logs in`,
      };
    }
  }
}

/** Throws what no password helps against: an unknown or changed host key, a host that does not answer. */
async function worksAlready(access: HostAccess, host: HostPlan, identity: Identity): Promise<boolean> {
  try {
    await access.prove(host, identity);
    return true;
  } catch (error) {
    if (isHoldfastError(error) && error.type === 'HostAuthFailed') return false;
    throw error;
  }
}

function unproven(host: string, file: string, lax: string, error: unknown): HoldfastError {
  const { message } = failureOf(error);
  const because =
    lax === '' ? 'see AuthorizedKeysFile in its sshd_config' : `sshd passes over ${lax}: others may write there`;
  const said = `${host}: the key stands in ${sayable(file)}, but does not log in (${because}): ${message}`;
  return new HoldfastError('HostAuthFailed', said, { host });
}
