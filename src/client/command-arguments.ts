import { InvalidArgumentError } from 'commander';

/** For options that may be given several times. */
export const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

/** For `--limit`. */
export function limitOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new InvalidArgumentError('Give a whole number from 1 to 1000.');
}
