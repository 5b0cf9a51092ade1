import { readFile } from 'node:fs/promises';
import { byteStringOf } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import { type FilterRule, readRuleFile } from '../../core/filters/rules.js';
import type { ArchiveOptions } from '../../core/archive/manifest.js';
import type { SourcePlan } from '../../core/plan.js';

/** What decides which entries a backup of this source has. */
export async function archiveOptions(
  source: SourcePlan,
  place: { host: string; source: string },
): Promise<ArchiveOptions> {
  const exclude = await filterRules(source, place);
  return { path: source.path, exclude, ...(source.filters === undefined ? {} : { filters: source.filters }) };
}

/** A source's rules: those of the configuration, then those of its exclude file. Throws ConfigInvalid for a file that cannot be used. */
export async function filterRules(
  source: Pick<SourcePlan, 'exclude' | 'excludeFile'>,
  place: { host: string; source: string },
): Promise<readonly FilterRule[]> {
  return source.excludeFile === undefined
    ? source.exclude
    : [...source.exclude, ...(await readRules(source.excludeFile, place))];
}

async function readRules(file: string, place: { host: string; source: string }): Promise<readonly FilterRule[]> {
  const content = await readFile(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError('ConfigInvalid', `exclude_file cannot be read on the worker: ${reason}`, place);
  });
  const { rules, problem } = readRuleFile(byteStringOf(content));
  if (problem === undefined) return rules;
  throw new HoldfastError('ConfigInvalid', `exclude_file ${file} cannot be used: ${problem}`, place);
}
