import { DAMAGE_CARRIED, type DamageRecord, type LostParts, lostParts, MOST_NAMED } from '../../core/verify/damage.js';
import { failureOf, isHoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import type { Repository } from '../archive/open-repository.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { listBackupIds, readManifest } from '../archive/chain.js';
import { withSpool } from '../archive/spool.js';
import type { RecordDamageInput, RecordDamageResult } from '../contract.js';
import { clearDamage, readDamageOf, writeDamage } from './damage-records.js';
import { type Touched, touchedPoints } from './touched-points.js';
import { withRepository } from './with-repository.js';

const NONE: RecordDamageResult = { files: { count: 0, first: [] }, touches: [], cleared: false };
const FILES_TOLD = 100;

/**
 * Finds out which files and which points in time the damage of a backup touches and keeps that in the destination; what was kept before is
 * removed when nothing is wrong any more. A destination that cannot be written to does not hide the damage: the result says so.
 */
export async function recordDamage(
  providers: Providers,
  control: ActivityControl,
  input: RecordDamageInput,
): Promise<RecordDamageResult> {
  const { host, source, backupId, damage, run } = input;
  return withRepository(providers, input, async (storage) => {
    const earlier = await readDamageOf(storage, host.name, source.name, backupId);
    if (damage.count === 0) return clearIfRight(storage, input, earlier);
    const touched = await withSpool(providers, (directory) => assess(storage, control, input, directory));
    const record: DamageRecord = {
      kind: 'holdfast-damage',
      format: 1,
      host: host.name,
      source: source.name,
      backupId,
      foundAt: new Date().toISOString(),
      whole: touched.whole,
      objects: damage,
      files: { count: touched.files.length, first: touched.files.slice(0, MOST_NAMED) },
      touches: touched.touches,
      spared: touched.spared,
      run,
    };
    const notRecorded = await kept(() => writeDamage(storage, record), host.name, source.name);
    return {
      files: { count: touched.files.length, first: touched.files.slice(0, FILES_TOLD) },
      touches: touched.touches.slice(0, DAMAGE_CARRIED),
      cleared: false,
      ...notRecorded,
    };
  });
}

/** What was damaged as a whole is right again when all of it was read and found so; else the objects named were read, whatever the share. */
async function clearIfRight(
  storage: Repository,
  { host, source, backupId, readAll }: RecordDamageInput,
  earlier: DamageRecord | undefined,
): Promise<RecordDamageResult> {
  if (earlier === undefined) return NONE;
  const named = earlier.objects.first.length === earlier.objects.count;
  if (!named && !readAll) return NONE;
  const notRecorded = await kept(() => clearDamage(storage, host.name, source.name, backupId), host.name, source.name);
  return { ...NONE, cleared: notRecorded.notRecorded === undefined, ...notRecorded };
}

async function kept(
  work: () => Promise<void>,
  host: string,
  source: string,
): Promise<Pick<RecordDamageResult, 'notRecorded'>> {
  try {
    await work();
    return {};
  } catch (error) {
    if (!isHoldfastError(error) || !NOT_TO_BE_WRITTEN.has(error.type)) throw error;
    return { notRecorded: failureOf(error, { host, source }) };
  }
}

const NOT_TO_BE_WRITTEN: ReadonlySet<string> = new Set(['DestinationDenied', 'DestinationFull']);

async function assess(
  storage: Repository,
  control: ActivityControl,
  { host, source, backupId, damage }: RecordDamageInput,
  directory: string,
): Promise<Touched> {
  const manifests = await readable(storage, host.name, source.name);
  const own = manifests.find(({ id }) => id === backupId);
  const later = manifests.filter(({ id, chain }) => id !== backupId && chain.includes(backupId));
  const lost: LostParts | undefined =
    own === undefined || damage.whole ? undefined : lostParts(damage.first, own.shards);
  if (own === undefined || lost === undefined) {
    return { whole: true, files: [], touches: [backupId, ...later.map(({ id }) => id)], spared: [] };
  }
  return touchedPoints(storage, control, { own, later, lost, directory });
}

/** The manifests of a source that can be read, oldest first. */
async function readable(storage: Repository, host: string, source: string): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const id of await listBackupIds(storage, host, source)) {
    try {
      const manifest = await readManifest(storage, host, source, id);
      if (manifest !== undefined) manifests.push(manifest);
    } catch (error) {
      if (!isHoldfastError(error) || !error.type.startsWith('Manifest')) throw error;
    }
  }
  return manifests;
}
