import { sameFilters } from '../filters/entry-filters.js';
import { ruleBytes } from '../filters/rules.js';
import type { ArchiveOptions, Manifest, StoredObject } from './manifest.js';

/** Why a manifest cannot stand at `position` of the chain `ids`; undefined when it can. */
export function misfit(manifest: Manifest, ids: readonly string[], position: number): string | undefined {
  const id = ids[position] as string;
  const parent = position === 0 ? null : ids[position - 1];
  if (manifest.id !== id) return `its manifest calls itself ${manifest.id}`;
  if (manifest.level !== position) return `its manifest says level ${manifest.level}, not ${position}`;
  if (manifest.parent !== parent) return `its manifest names ${manifest.parent ?? 'no backup'} as the one it builds on`;
  const chain = ids.slice(0, position + 1);
  if (manifest.chain.length !== chain.length || manifest.chain.some((other, at) => other !== chain[at])) {
    return `its manifest names another chain: ${manifest.chain.join(', ')}`;
  }
  return undefined;
}

/** The objects that a backup has stored and needs besides its manifest; of its chain's older backups it needs all of theirs too. */
export const objectsOf = ({ index, shards, extents }: Manifest): readonly StoredObject[] => [
  index,
  ...shards,
  ...(extents?.maps ?? []),
  ...(extents?.stored ?? []),
];

/**
 * What is wrong with the objects of a backup, judged by name and size; undefined when all are there.
 *
 * @param sizes stored objects by name relative to the backup's prefix
 */
export function findGap(manifest: Manifest, sizes: ReadonlyMap<string, number>): string | undefined {
  for (const { name, sizeBytes } of objectsOf(manifest)) {
    const size = sizes.get(name);
    if (size === undefined) return `${name} is missing`;
    if (size !== sizeBytes) return `${name} has ${size} bytes, not ${sizeBytes}`;
  }
  return undefined;
}

/** What differs between the options of two backups of one source; undefined when nothing does. */
export function optionsChange(before: ArchiveOptions, now: ArchiveOptions): string | undefined {
  if (before.path !== now.path) return `the path was ${before.path}, now it is ${now.path}`;
  const rulesOf = ({ exclude }: ArchiveOptions): readonly string[] => exclude.map(ruleBytes);
  const [rules, newRules] = [rulesOf(before), rulesOf(now)];
  if (rules.length !== newRules.length || rules.some((rule, at) => rule !== newRules[at]))
    return 'the include or exclude rules have changed';
  if (!sameFilters(before.filters, now.filters)) return 'the filters other than include and exclude have changed';
  return undefined;
}
