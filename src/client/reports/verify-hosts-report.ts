import { colours } from '../colours.js';
import type { CheckState, HostCheck } from '../../core/hosts/checks.js';
import type { VerifiedHost } from '../../workflows/messages.js';
import type { CliContext } from '../cli-context.js';
import { durationText, statusWord, table } from '../output.js';

/** A line for each host. */
export function printHosts(context: CliContext, hosts: readonly VerifiedHost[]): void {
  const rows = hosts.map(({ host, address, status, checks, left, durationMs }) => [
    host,
    address === '' ? '–' : address,
    statusWord(status),
    tally(checks, left),
    durationText(durationMs),
  ]);
  context.print(table(['HOST', 'ADDRESS', 'STATUS', 'CHECKS', 'TIME'], rows));
}

/** Every check of the hosts with trouble, or with --verbose of all, and what to do. */
export function printDetails(context: CliContext, hosts: readonly VerifiedHost[]): void {
  for (const { host, status, checks, left } of hosts) {
    if (status === 'ok' && !context.verbose) continue;
    context.print('');
    context.print(colours.bold(host));
    for (const check of checks) printCheck(context, check);
    if (left > 0) context.print(`  … and ${left} more checks, which this answer has no room for`);
  }
}

function printCheck(context: CliContext, { check, subject, state, seen, action, type }: HostCheck): void {
  const what = subject === undefined ? check : `${check} ${subject}`;
  context.print(`  ${stateWord(state)}  ${what}: ${seen}`);
  if (action !== undefined) context.print(`               → ${action}${type === undefined ? '' : ` (${type})`}`);
}

const WIDTH = 'not checked'.length;

function stateWord(state: CheckState): string {
  const word = state.padEnd(WIDTH);
  switch (state) {
    case 'ok':
      return colours.green(word);
    case 'warning':
      return colours.yellow(word);
    case 'failed':
      return colours.red(word);
    case 'not checked':
      return colours.dim(word);
  }
}

/** `14 ok, 1 warning, 2 not checked`. */
function tally(checks: readonly HostCheck[], left: number): string {
  const parts = (['failed', 'warning', 'ok', 'not checked'] as const).flatMap((state) => {
    const count = checks.filter((check) => check.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return [...parts, ...(left > 0 ? [`${left} not shown`] : [])].join(', ');
}
