import { quoteAll } from './shell-quoting.js';

const STAGE_NAME = /^[a-z][a-z0-9-]*$/;

/**
 * One stage of a pipeline in a script's body, whose status is reported by `name`: `sh` itself keeps only the last
 * one's.
 *
 * `${stage('tar', ['tar', …])} | ${stage('zstd', ['zstd', …])}`. Words are text, quoted here.
 */
export function stage(name: string, words: readonly string[]): string {
  if (!STAGE_NAME.test(name)) throw new RangeError(`not a stage's name: ${name}`);
  return `stage ${name} ${quoteAll(words)}`;
}
