import { textOf } from '../../core/entries/entry.js';
import { isHoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { readPathOf } from '../../core/plan.js';
import { FindingList } from '../../core/verify/findings.js';
import type { ActivityControl } from '../activity-control.js';
import type { CompareWithHostResult } from '../contract.js';
import { compareExtents } from './compare-extents.js';
import { type ContentFile, type ContentPlace, isStill } from './content-files.js';
import { hashFiles } from './hash-files.js';
import { storedHashes } from './stored-hashes.js';

const TOLD = 50;

/** Compares contents with what the host has: hashed there, nothing is transferred. Files in shards with what their shard holds, large files with their map. */
export async function compareContents(
  place: ContentPlace,
  control: ActivityControl,
  files: readonly ContentFile[],
): Promise<CompareWithHostResult['content']> {
  const comparison = new ContentComparison();
  for (const group of byShard(files.filter(({ large }) => large === undefined))) {
    control.progress({ step: 'contents', ...comparison.progress() });
    await compareShard(place, control, group, comparison);
  }
  for (const file of files) {
    if (!isLarge(file)) continue;
    const compared = await unlessDamaged(() => compareExtents(place, control, file));
    if ('unknown' in compared) comparison.notCompared(file, compared.unknown);
    else comparison.compared(file, compared.same);
  }
  return comparison.result();
}

class ContentComparison {
  #filesCompared = 0;
  #bytesCompared = 0;
  readonly #differing = new FindingList();
  readonly #notCompared = new FindingList();

  compared({ entry }: ContentFile, same: boolean): void {
    this.#filesCompared += 1;
    this.#bytesCompared += entry.sizeBytes;
    if (!same) this.#differing.add(textOf(entry.path));
  }

  notCompared({ entry }: ContentFile, reason: string): void {
    this.#notCompared.add(`${textOf(entry.path)}: ${reason}`);
  }

  progress(): { readonly files: number; readonly bytes: number } {
    return { files: this.#filesCompared, bytes: this.#bytesCompared };
  }

  result(): CompareWithHostResult['content'] {
    return {
      filesCompared: this.#filesCompared,
      bytesCompared: this.#bytesCompared,
      differing: this.#differing.findings(),
      notCompared: this.#notCompared.findings(TOLD),
    };
  }
}

async function compareShard(
  { storage, chain, runner, source, directory }: ContentPlace,
  control: ActivityControl,
  group: readonly ContentFile[],
  comparison: ContentComparison,
): Promise<void> {
  const [{ level, shard }] = group as [ContentFile, ...ContentFile[]];
  const { signal } = control;
  const wanted = group.map(({ entry }) => entry);
  const stored = await unlessDamaged(() =>
    storedHashes(storage, chain[level] as Manifest, shard, wanted, directory, signal),
  );
  if ('unknown' in stored) {
    for (const file of group) comparison.notCompared(file, stored.unknown);
    return;
  }
  const names = wanted.map(({ path }) => path);
  const found = await hashFiles(runner, readPathOf(source), names, signal);
  for (const file of group) {
    const now = found.get(file.entry.path);
    const then = stored.get(file.entry.path);
    if (now === undefined) comparison.notCompared(file, 'it cannot be read on the host');
    else if (then === undefined) comparison.notCompared(file, 'the shard lacks it');
    else if (!isStill(file.entry, now)) comparison.notCompared(file, 'it changed while it was compared');
    else comparison.compared(file, now.sha256 === then);
  }
}

/** What cannot be read in storage is damage, which `--read-data` reports. */
async function unlessDamaged<Result extends object>(
  work: () => Promise<Result>,
): Promise<Result | { readonly unknown: string }> {
  try {
    return await work();
  } catch (error) {
    if (!isHoldfastError(error) || !error.type.startsWith('Object')) throw error;
    return { unknown: error.message };
  }
}

const isLarge = (file: ContentFile): file is ContentFile & { readonly large: number } => file.large !== undefined;

function byShard(files: readonly ContentFile[]): ContentFile[][] {
  const groups = new Map<string, ContentFile[]>();
  for (const file of files) {
    const key = `${file.level} ${file.shard}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}
