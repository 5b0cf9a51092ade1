import type { LevelPolicy } from '../core/plan.js';
import type { Inheritance } from './inheritance.js';
import { BY_DEFAULT, type Resolution } from './resolution.js';

const DEFAULT_MAX_LEVEL = 13;

export interface LevelSettings {
  readonly no_incremental?: boolean | undefined;
  readonly max_level?: number | undefined;
  readonly always_level?: number | undefined;
  readonly restart_always_level?: number | undefined;
}

const WORDS = ['no_incremental', 'max_level', 'always_level', 'restart_always_level'] as const;

/** The nearest place that says anything of levels says all of it: half of one policy and half of another would be neither. */
export function levelsOf(settings: Inheritance<LevelSettings>, resolution: Resolution): LevelPolicy {
  const layer = settings.layers.find(({ entry }) => WORDS.some((word) => entry[word] !== undefined));
  if (layer === undefined) {
    settings.record('max_level', DEFAULT_MAX_LEVEL, BY_DEFAULT);
    return { noIncremental: false, maxLevel: DEFAULT_MAX_LEVEL };
  }
  const { entry, path } = layer;
  for (const word of WORDS) {
    const given = settings.all(word).find(({ place }) => place === layer.place);
    if (given) settings.record(word, given.value, given.origin);
  }
  if (entry.restart_always_level !== undefined && entry.always_level === undefined)
    resolution.report(
      [...path, 'restart_always_level'],
      'it goes with always_level, which is missing beside it; write both',
      'key',
    );
  if (entry.no_incremental === true && (entry.max_level !== undefined || entry.always_level !== undefined))
    resolution.report(
      [...path, 'no_incremental'],
      'with it there are no levels; remove it, or max_level and always_level',
      'key',
    );
  return {
    noIncremental: entry.no_incremental ?? false,
    maxLevel: entry.max_level ?? DEFAULT_MAX_LEVEL,
    ...(entry.always_level === undefined ? {} : { alwaysLevel: entry.always_level }),
    ...(entry.restart_always_level === undefined ? {} : { restartAlwaysLevelDays: entry.restart_always_level }),
  };
}
