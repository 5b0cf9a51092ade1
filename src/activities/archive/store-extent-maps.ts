import type { ExtentFile } from '../../core/extents/layout.js';
import { encodeExtentMap } from '../../core/extents/map.js';
import { isSameState } from '../../core/extents/report.js';
import { HoldfastError } from '../../core/failures.js';
import type { ExtentMapObject, ManifestExtents, StoredObject } from '../../core/archive/manifest.js';
import { backupPrefix, extentMapName } from '../../core/archive/manifest-keys.js';
import type { ActivityControl } from '../activity-control.js';
import type { CommitArchiveInput } from '../contract.js';
import { readExtentPlan } from './extent-plan.js';
import type { RunDone } from './extent-record.js';
import { readBatches } from './extent-record.js';
import { graver } from './large-flaws.js';
import { storeCompressed } from './object-text.js';
import type { Repository } from './open-repository.js';
import type { ShardFlaw } from './shard-record.js';

export interface StoredExtents {
  /** Undefined when no large file was stored. */
  readonly extents: ManifestExtents | undefined;
  /** By the files' numbers. */
  readonly flaws: ReadonlyMap<number, ShardFlaw>;
}

/** Stores the map of each large file whose extents are stored. Throws ObjectMissing when one of them is not, naming it. */
export async function storeExtentMaps(
  storage: Repository,
  control: ActivityControl,
  { host, source, plan }: CommitArchiveInput,
): Promise<StoredExtents> {
  if (plan.extentBatches === undefined) return { extents: undefined, flaws: new Map() };
  const place = { host: host.name, source: source.name };
  const { files } = await readExtentPlan(storage, plan.planPrefix);
  const batches = await readBatches(storage, plan.planPrefix);
  const runs: RunDone[] = [];
  for (let number = 0; number < plan.extentBatches; number += 1) {
    const batch = batches.get(number);
    if (batch === undefined) {
      const message = `batch ${number + 1} of ${plan.extentBatches} of the extents of ${plan.backupId} is not stored in ${storage.location}`;
      throw new HoldfastError('ObjectMissing', message, place);
    }
    runs.push(...batch.runs);
  }
  const backup = backupPrefix(host.name, source.name, plan.backupId);
  const flaws = new Map<number, ShardFlaw>();
  const maps: ExtentMapObject[] = [];
  const stored: StoredObject[] = [];
  let rawBytes = 0;
  for (const file of files) {
    const own = runs.filter((run) => run.file === file.number);
    const flaw = flawOf(file, own);
    if (flaw !== undefined) flaws.set(file.number, flaw);
    if (flaw !== undefined && flaw.verdict !== 'changed') continue;
    const extents = own.flatMap((run) => run.extents);
    for (const { backupId, object } of extents) if (backupId === plan.backupId) stored.push(object);
    rawBytes += own.reduce((sum, run) => sum + run.rawBytes, 0);
    const { sizeBytes, extentSizeBytes } = file;
    const mtime = own.at(-1)?.state?.mtime ?? file.mtime;
    const name = extentMapName(file.number, control.attemptToken);
    const text = encodeExtentMap({ sizeBytes, extentSizeBytes, mtime, extents });
    const object = await storeCompressed(storage, backup, name, pieces(text), control.signal);
    maps.push({ ...object, number: file.number, extentSizeBytes });
  }
  await assertStored(storage, backup, stored, place);
  return { extents: maps.length === 0 ? undefined : { maps, stored, rawBytes }, flaws };
}

/** The gravest of what befell its runs; `changed` when they saw the file in different states. */
function flawOf(file: ExtentFile, runs: readonly RunDone[]): ShardFlaw | undefined {
  let gravest: ShardFlaw | undefined;
  for (const { flaw } of runs) gravest = graver(gravest, flaw && { path: file.path, ...flaw });
  const [first, ...others] = runs.flatMap(({ state }) => state ?? []);
  if (first === undefined || others.every((other) => isSameState(first, other))) return gravest;
  return gravest ?? { path: file.path, verdict: 'changed', message: 'file changed as we read it' };
}

async function* pieces(lines: Iterable<string>): AsyncGenerator<string> {
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < 65_536) continue;
    yield text;
    text = '';
  }
  yield text;
}

async function assertStored(
  storage: Repository,
  backup: string,
  extents: readonly StoredObject[],
  place: { readonly host: string; readonly source: string },
): Promise<void> {
  const sizes = new Map<string, number>();
  for await (const { key, sizeBytes } of storage.listAll(`${backup}extents/`)) sizes.set(key, sizeBytes);
  const missing = extents.find(({ name, sizeBytes }) => sizes.get(backup + name) !== sizeBytes);
  if (missing === undefined) return;
  throw new HoldfastError('ObjectMissing', `${backup}${missing.name} is not stored in ${storage.location}`, place);
}
