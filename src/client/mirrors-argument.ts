import type { Command } from 'commander';
import type { Selection } from '../core/plan.js';
import { sourceOfArgument } from './source-argument.js';

/**
 * Arguments `HOST` or `HOST:SOURCE` as a selection; none means all. A selection knows no pairs, so sources can be named of one host only: what
 * was not named must not be taken.
 */
export function selectionOfArguments(command: Command, words: readonly string[]): Selection {
  const named = words.map(sourceOfArgument);
  const hosts = [...new Set(named.map(({ host }) => host))];
  const sources = named.flatMap(({ source }) => (source === undefined ? [] : [source]));
  if (sources.length > 0 && (hosts.length > 1 || sources.length < named.length))
    return command.error('Name either whole hosts, or sources of one host: HOST HOST …, or HOST:SOURCE HOST:SOURCE …');
  return { hosts, sources, tags: [] };
}
