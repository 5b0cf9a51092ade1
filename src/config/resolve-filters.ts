import type { EntryFilters } from '../core/filters/entry-filters.js';
import { includeRule } from '../core/filters/rules.js';
import type { Given, Inheritance } from './inheritance.js';
import type { Resolution } from './resolution.js';
import { defined } from './resolve-destinations.js';
import type { PathEntry } from './schema/configuration.js';
import type { filtersShape } from './schema/filters.js';
import { durationMs, sizeBytes } from './units.js';

type FilterSettings = Pick<PathEntry, keyof typeof filtersShape>;

/** rsync's rules in the order in which they are tried: the nearest place first, its includes before its excludes. */
export function rulesOf(settings: Inheritance<FilterSettings>): string[] {
  const given = {
    include: settings.all('include').map((one) => ({ ...one, value: one.value.map(includeRule) })),
    exclude: settings.all('exclude'),
  };
  record(settings, 'include', settings.all('include'));
  record(settings, 'exclude', given.exclude);
  return settings.layers.flatMap(({ place }) =>
    [...given.include, ...given.exclude].filter((one) => one.place === place).flatMap(({ value }) => value),
  );
}

function record(
  settings: Inheritance<FilterSettings>,
  key: 'include' | 'exclude',
  given: readonly Given<readonly string[]>[],
): void {
  if (given.length === 0) return;
  settings.record(
    key,
    given.flatMap(({ value }) => value),
    ...given.map(({ origin }) => origin),
  );
}

/** Undefined when there are none. */
export function entryFilters(settings: Inheritance<FilterSettings>, resolution: Resolution): EntryFilters | undefined {
  const marks = [...new Set(settings.gather('exclude_if_present', (names) => names))].sort();
  const filters = defined<EntryFilters>({
    excludeIfPresent: marks.length === 0 ? undefined : marks,
    excludeCaches: onlyTrue(settings.pickOptional('exclude_caches')),
    oneFileSystem: onlyTrue(settings.pickOptional('one_file_system')),
    maxFileSizeBytes: bytesOf(settings.pickOptional('max_file_size')),
    newerThanMs: millisecondsOf(settings.pickOptional('newer_than')),
    olderThanMs: millisecondsOf(settings.pickOptional('older_than')),
  });
  const { newerThanMs, olderThanMs } = filters;
  const newer = settings.find('newer_than');
  if (newer !== undefined && newerThanMs !== undefined && olderThanMs !== undefined && newerThanMs <= olderThanMs)
    resolution.report(
      newer.path,
      'no file is newer than this and older than older_than; write a longer time, or a shorter older_than',
    );
  return Object.keys(filters).length === 0 ? undefined : filters;
}

const onlyTrue = (value: boolean | undefined): true | undefined => (value === true ? true : undefined);
const bytesOf = (value: string | number | undefined): number | undefined =>
  value === undefined ? undefined : sizeBytes(value);
const millisecondsOf = (value: string | number | undefined): number | undefined =>
  value === undefined ? undefined : durationMs(value);
