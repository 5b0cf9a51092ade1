import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { failure, failureOf, type Failure } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { EXIT } from '../../core/statuses.js';
import type { HostAccess, SeenHost } from '../../workers/host-access.js';
import { contextOf, failureLines } from '../cli-context.js';
import type { CliContext } from '../cli-context.js';
import type { TrustOptions, TrustOutcome } from '../host-keys/trust-host.js';

interface TrustCommandOptions {
  readonly fingerprint: readonly string[];
  readonly yes: boolean;
  readonly replace?: string;
}

export function registerTrustCommand(hosts: Command): void {
  hosts
    .command('trust')
    .description('show the hosts’ keys and record them in known_hosts; run it on the worker, as its user')
    .argument('[hosts...]', 'hosts to take; none means all')
    .addOption(
      new Option('--fingerprint <SHA256:…>', 'record the key with this fingerprint, without asking; repeatable')
        .argParser(collectFingerprints)
        .default([], ''),
    )
    .option('--yes', 'record what the hosts show without comparing: on a network that you trust', false)
    .option('--replace <SHA256:…>', 'the recorded key that has changed and is to give way', fingerprint)
    .addHelpText(
      'after',
      '\nA changed key is never recorded without --replace.\n\nExamples:\n  holdfast hosts trust web1\n  holdfast hosts trust web1 --fingerprint SHA256:uNiVztksCsDhcc0u9e8BrvJv4GfmjU9eOYZ0XmOYVfI',
    )
    .action(async (names: string[], options: TrustCommandOptions, command: Command) => {
      process.exitCode = await trust(contextOf(command), names, options);
    });
}

async function trust(context: CliContext, names: readonly string[], options: TrustCommandOptions): Promise<number> {
  const { hostsWithAccess } = await import('../host-keys/hosts-with-access.js');
  const { hosts, access } = await hostsWithAccess(context, names);
  const { askText, canAsk } = await import('../host-keys/ask-person.js');
  const ask: TrustOptions['ask'] = async ({ name }) =>
    askText(`Record these keys of ${name}? Type yes, no, or a fingerprint to compare`);
  const asking = canAsk() && !context.json ? { ask } : {};
  let isWell = true;
  for (const host of hosts) {
    const result = await trustOne(context, access, host, {
      fingerprints: options.fingerprint,
      yes: options.yes,
      ...(options.replace === undefined ? {} : { replace: options.replace }),
      ...asking,
    });
    if (!result) isWell = false;
  }
  const exitCode = isWell ? EXIT.ok : EXIT.failed;
  context.printJson({ message_type: 'summary', hosts: hosts.length, exit_code: exitCode });
  return exitCode;
}

async function trustOne(
  context: CliContext,
  access: HostAccess,
  host: HostPlan,
  options: TrustOptions,
): Promise<boolean> {
  const { trustHost } = await import('../host-keys/trust-host.js');
  try {
    const seen = await access.see(host);
    printKeys(context, host, seen);
    const outcome = await trustHost(access, seen, options);
    printOutcome(context, host, seen, outcome);
    return outcome.kind !== 'refused';
  } catch (error) {
    const reason = failureOf(error, { host: host.name });
    for (const line of failureLines(reason)) context.print(line);
    context.printJson({ message_type: 'host', host: host.name, outcome: 'failed', failure: reason });
    return false;
  }
}

function printKeys(context: CliContext, { name: host }: HostPlan, { name, keys, authorities, others }: SeenHost): void {
  context.print(`${host} (known_hosts: ${name})`);
  for (const { type, fingerprint, state } of keys) context.print(`  ${state.padEnd(7)}  ${type}  ${fingerprint}`);
  for (const { type, fingerprint } of others) context.print(`  not shown  ${type}  ${fingerprint} (recorded)`);
  for (const { fingerprint } of authorities) context.print(`  a certificate authority vouches for it: ${fingerprint}`);
}

function printOutcome(context: CliContext, { name: host }: HostPlan, seen: SeenHost, outcome: TrustOutcome): void {
  const { file, name, keys } = seen;
  const said = keys.map(({ type, fingerprint, state }) => ({ type, fingerprint, state }));
  const document = { message_type: 'host', host, known_hosts_name: name, file, keys: said };
  switch (outcome.kind) {
    case 'known':
      context.print('  all of them are known already');
      return context.printJson({ ...document, outcome: 'known' });
    case 'trusted': {
      const added = outcome.added.map(({ fingerprint: one }) => one);
      if (outcome.removed.length > 0) context.print(`  removed the old key from ${file}`);
      context.print(`  recorded in ${file}: ${added.join(', ')}`);
      return context.printJson({
        ...document,
        outcome: 'trusted',
        recorded: added,
        removed: outcome.removed.map((one) => one.fingerprint),
      });
    }
    case 'refused': {
      const changed = keys.some(({ state }) => state === 'changed' || state === 'revoked');
      const reason: Failure = {
        ...failure(changed ? 'HostKeyChanged' : 'HostKeyUnknown', outcome.why, { host }),
        action: outcome.action,
      };
      for (const line of failureLines(reason)) context.print(`  ${line}`);
      return context.printJson({ ...document, outcome: 'refused', failure: reason });
    }
  }
}

function fingerprint(text: string): string {
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(text)) return text;
  throw new InvalidArgumentError('Give it as ssh-keygen -l shows it: SHA256: and 43 characters.');
}

const collectFingerprints = (text: string, previous: readonly string[]): readonly string[] => [
  ...previous,
  fingerprint(text),
];
