import { readFile } from 'node:fs/promises';
import { HoldfastError } from '../../core/failures.js';
import { patternsOfFile } from '../../core/filters.js';
import type { ArchiveOptions } from '../../core/manifest.js';
import type { SourcePlan } from '../../core/plan.js';

/** What decides which entries a backup of this source has: the patterns of the configuration, then those of its exclude file. */
export async function archiveOptions(
  source: SourcePlan,
  place: { host: string; source: string },
): Promise<ArchiveOptions> {
  const fromFile = source.excludeFile === undefined ? [] : await readPatterns(source.excludeFile, place);
  return { path: source.path, exclude: [...source.exclude, ...fromFile] };
}

// Bytes that are no text would become patterns that match nothing.
const utf8 = new TextDecoder('utf-8', { fatal: true });

async function readPatterns(file: string, place: { host: string; source: string }): Promise<string[]> {
  try {
    return patternsOfFile(utf8.decode(await readFile(file)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError('ConfigInvalid', `the exclude file ${file} cannot be read on the worker: ${reason}`, place);
  }
}
