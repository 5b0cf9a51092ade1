import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { ExtentCollector } from '../../core/extents/collector.js';
import type { KnownExtents } from '../../core/extents/collector.js';
import type { ExtentFile, ExtentRun } from '../../core/extents/layout.js';
import { cutBatches, EXTENT_BYTES } from '../../core/extents/layout.js';
import { HoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { PLAN_EXTENTS } from '../../core/archive/manifest-keys.js';
import type { SourcePlan } from '../../core/plan.js';
import type { LargeBefore } from './list-changes.js';
import type { Repository } from './open-repository.js';
import { putPlanObject, readPlanObject } from './plan-object.js';

/** What is to be stored as extents; a plan's `extents.json.gz`. */
export interface ExtentPlan {
  readonly files: readonly ExtentFile[];
  /** Each is the work of one Activity. */
  readonly batches: readonly (readonly ExtentRun[])[];
}

export const extentCollector = ({ archive }: SourcePlan): ExtentCollector =>
  new ExtentCollector({
    largeFileSizeBytes: archive.largeFileSizeBytes,
    extentSizeBytes: archive.extentSizeBytes ?? EXTENT_BYTES,
  });

/** @param links the chain's backups, level 0 first */
export function extentPlan(
  collector: ExtentCollector,
  before: ReadonlyMap<string, LargeBefore>,
  links: readonly Manifest[],
): ExtentPlan {
  const files = collector.files((path) => knownExtents(before.get(path), links));
  return { files, batches: cutBatches(files) };
}

function knownExtents(before: LargeBefore | undefined, links: readonly Manifest[]): KnownExtents | undefined {
  if (before === undefined) return undefined;
  const link = links[before.level];
  const found = link?.extents?.maps.find(({ number }) => number === before.large);
  if (link === undefined || found === undefined) return undefined;
  const { name, sha256, sizeBytes, extentSizeBytes } = found;
  return { backupId: link.id, map: { name, sha256, sizeBytes }, extentSizeBytes };
}

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export async function storeExtentPlan(storage: Repository, prefix: string, plan: ExtentPlan): Promise<void> {
  await putPlanObject(storage, prefix + PLAN_EXTENTS, await compress(Buffer.from(JSON.stringify(plan)), { level: 1 }));
}

/** Throws ObjectMissing when the plan is gone. */
export async function readExtentPlan(storage: Repository, prefix: string): Promise<ExtentPlan> {
  const key = prefix + PLAN_EXTENTS;
  const stored = await readPlanObject(storage, key);
  if (stored === undefined) {
    throw new HoldfastError('ObjectMissing', `the plan’s list ${key} is no longer in ${storage.location}`);
  }
  return JSON.parse((await decompress(stored)).toString('utf8')) as ExtentPlan;
}
