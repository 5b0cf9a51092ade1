import { InvalidArgumentError, Option } from 'commander';

/** For options that may be given several times. */
export const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

/** For `--limit`. */
export function limitOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new InvalidArgumentError('Give a whole number from 1 to 1000.');
}

/** Of the commands that run a worker. */
export const maxConnectionsOption = (): Option =>
  new Option(
    '--max-connections <count>',
    'at most so many SSH logins at a time, to all hosts (default: 100)',
  ).argParser(limitOf);
