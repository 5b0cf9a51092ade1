import type { Failure } from '../../core/failures.js';
import { failureOf } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { Providers } from '../activity-control.js';
import type { SourceBackups } from '../backups.js';
import type { BackupSummary } from '../contract.js';
import { listBackupIds, readManifest } from './chain.js';
import { findRollback } from './rolled-back.js';
import { readPending, readPins } from '../prune/retention-records.js';
import { type DamageRecord, damageOfPoint } from '../../core/verify/damage.js';
import { readLastProof } from '../drill/proof-records.js';
import { readDamage } from '../verify/damage-records.js';
import { withStorage } from './with-storage.js';

const AT_ONCE = 8;

/** The newest archives of a source, at most `limit`; unfinished ones, which have no manifest, are none. */
export async function listArchives(
  providers: Providers,
  host: HostPlan,
  source: SourcePlan,
  limit: number,
): Promise<SourceBackups> {
  return withStorage(providers, source.destination, async (storage) => {
    const ids = (await listBackupIds(storage, host.name, source.name)).reverse();
    const found: Manifest[] = [];
    const failures: Failure[] = [];
    const look = async (id: string): Promise<void> => {
      try {
        const manifest = await readManifest(storage, host.name, source.name, id);
        if (manifest !== undefined) found.push(manifest);
      } catch (error) {
        failures.push(failureOf(error, { host: host.name, source: source.name }));
      }
    };
    for (let next = 0; next < ids.length && found.length < limit; next += AT_ONCE) {
      await Promise.all(ids.slice(next, next + AT_ONCE).map(look));
    }
    found.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
    const rollback = await findRollback(storage, host.name, source.name, found[0]);
    if (rollback !== undefined) failures.push(failureOf(rollback));
    const shown = found.slice(0, limit);
    const damage = shown.length === 0 ? new Map() : await readDamage(storage, host.name, source.name);
    const backups = shown.map((manifest) => ({ ...summaryOf(manifest, source), ...damagedBy(manifest, damage) }));
    const proof = shown.length === 0 ? undefined : await readLastProof(storage, host.name, source.name);
    return {
      backups: await withRetention(storage, host, source, backups),
      failures,
      ...(proof === undefined ? {} : { lastProvenRestore: proof }),
    };
  });
}

/** What a verification has on record of it, or of what it builds on. */
function damagedBy(
  { chain }: Manifest,
  records: ReadonlyMap<string, DamageRecord>,
): Pick<BackupSummary, 'damage'> & Partial<Pick<BackupSummary, 'status'>> {
  const record = damageOfPoint(chain, records);
  return record === undefined
    ? {}
    : { status: 'damaged', damage: { since: record.foundAt, files: record.files.count } };
}

/** What retention has on record of them. */
async function withRetention(
  storage: ObjectStorage,
  host: HostPlan,
  source: SourcePlan,
  backups: readonly BackupSummary[],
): Promise<readonly BackupSummary[]> {
  if (backups.length === 0) return backups;
  const [pins, pending] = await Promise.all([
    readPins(storage, host.name, source.name),
    readPending(storage, host.name, source.name),
  ]);
  return backups.map((backup) => {
    const [pin, mark] = [pins.get(backup.id), pending.get(backup.id)];
    const reason = pin?.reason === undefined ? {} : { reason: pin.reason };
    return {
      ...backup,
      ...(pin === undefined ? {} : { pinned: { since: pin.pinnedAt, ...reason } }),
      ...(mark === undefined ? {} : { pendingDeletion: { since: mark.markedAt } }),
    };
  });
}

const summaryOf = (manifest: Manifest, source: SourcePlan): BackupSummary => ({
  id: manifest.id,
  host: manifest.host,
  source: manifest.source,
  engine: 'archive',
  destination: source.destination.name,
  level: manifest.level,
  parent: manifest.parent,
  status: manifest.status,
  startedAt: manifest.startedAt,
  finishedAt: manifest.finishedAt,
  entries: manifest.counts.entries,
  sourceBytes: manifest.bytes.source,
  storedBytes: manifest.bytes.stored,
});
