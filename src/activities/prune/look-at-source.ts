import { isHoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { damagePrefix } from '../../core/archive/manifest-keys.js';
import type { SourcePlan } from '../../core/plan.js';
import { decideRetention, type KeptOrNot, type Verdict } from '../../core/retention/retention.js';
import { findPruneDoubt } from '../../core/retention/doubt.js';
import { listBackupIds, readManifest } from '../archive/chain.js';
import type { Repository } from '../archive/open-repository.js';
import { findRollback } from '../archive/rolled-back.js';
import type { PreviewedBackup } from '../contract.js';
import { markedAtMs, readPending, readPins, type PendingRecord, type PinRecord } from './retention-records.js';

/** A backup with what retention makes of it. */
export interface JudgedBackup extends Verdict {
  readonly chain: readonly string[];
  readonly status: PreviewedBackup['status'];
  readonly storedBytes: number;
  readonly mark?: PendingRecord;
  /** When it may be deleted; only of those that go. */
  readonly dueMs?: number;
}

/** Everything about one source that a prune decides by; nothing is changed by looking. */
export interface SourceLook {
  readonly host: string;
  readonly source: SourcePlan;
  /** Newest first. */
  readonly backups: readonly JudgedBackup[];
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Ids of prefixes without a manifest. */
  readonly uncommitted: readonly string[];
  readonly pins: ReadonlyMap<string, PinRecord>;
  readonly pending: ReadonlyMap<string, PendingRecord>;
  /** Why a person must look first. */
  readonly doubt?: string;
}

const AT_ONCE = 8;

export async function lookAtSource(
  storage: Repository,
  host: string,
  source: SourcePlan,
  when: { readonly nowMs: number; readonly lastPruneMs?: number },
): Promise<SourceLook> {
  const { name, retention } = source;
  const [known, pins, pending, damaged] = await Promise.all([
    readManifests(storage, host, name),
    readPins(storage, host, name),
    readPending(storage, host, name),
    damagedIds(storage, host, name),
  ]);
  const { manifests, uncommitted } = known;
  const statusOf = (id: string): JudgedBackup['status'] => {
    const manifest = manifests.get(id);
    if (manifest === undefined) return 'unreadable';
    return damaged.has(id) ? 'damaged' : manifest.status;
  };
  const facts = known.ids.map((id): KeptOrNot & { readonly status: JudgedBackup['status'] } => {
    const status = statusOf(id);
    const state = status === 'ok' ? 'good' : status === 'unreadable' ? 'unreadable' : 'flawed';
    return { id, chain: manifests.get(id)?.chain ?? [], state, pinned: pins.has(id), status };
  });
  const graceMs = retention?.graceMs ?? 0;
  const backups = decideRetention(facts, retention).map((verdict): JudgedBackup => {
    const mark = pending.get(verdict.id);
    const markedMs = mark === undefined ? when.nowMs : markedAtMs(mark);
    return {
      ...verdict,
      chain: manifests.get(verdict.id)?.chain ?? [],
      status: statusOf(verdict.id),
      storedBytes: manifests.get(verdict.id)?.bytes.stored ?? 0,
      ...(mark === undefined ? {} : { mark }),
      ...(verdict.goes ? { dueMs: markedMs + graceMs } : {}),
    };
  });
  const newest = known.ids.at(-1);
  const found = newest === undefined ? undefined : { id: newest, ...checksumOf(manifests.get(newest)) };
  const rollback = await findRollback(storage, host, name, found);
  const doubt =
    rollback?.message ??
    findPruneDoubt({
      ...when,
      backups: facts,
      newlyGoing: backups.filter(({ goes, mark }) => goes && mark === undefined).map(({ id }) => id),
      markedAtMs: [...pending.values()].map(markedAtMs),
    });
  return { host, source, backups, manifests, uncommitted, pins, pending, ...(doubt === undefined ? {} : { doubt }) };
}

const checksumOf = (manifest: Manifest | undefined) => (manifest === undefined ? {} : { checksum: manifest.checksum });

interface KnownBackups {
  /** Of those that have a manifest. */
  readonly ids: readonly string[];
  /** Of those among them whose manifest can be read. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly uncommitted: readonly string[];
}

async function readManifests(storage: Repository, host: string, source: string): Promise<KnownBackups> {
  const all = await listBackupIds(storage, host, source);
  const manifests = new Map<string, Manifest>();
  const absent = new Set<string>();
  const read = async (id: string): Promise<void> => {
    try {
      const manifest = await readManifest(storage, host, source, id);
      if (manifest === undefined) absent.add(id);
      else manifests.set(id, manifest);
    } catch (error) {
      // One that nobody can read, or nobody should believe, stays for a person to look at.
      if (!isHoldfastError(error) || !error.type.startsWith('Manifest')) throw error;
    }
  };
  for (let next = 0; next < all.length; next += AT_ONCE) await Promise.all(all.slice(next, next + AT_ONCE).map(read));
  return { ids: all.filter((id) => !absent.has(id)), manifests, uncommitted: [...absent] };
}

async function damagedIds(storage: Repository, host: string, source: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { name } of storage.list(damagePrefix(host, source))) ids.add(name.replace(/\.json$/, ''));
  return ids;
}
