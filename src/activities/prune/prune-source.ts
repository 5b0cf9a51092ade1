import { failure, failureOf, FAILURES, type Failure } from '../../core/failures.js';
import { parseBackupId } from '../../core/ids.js';
import { compareBackupIds, pendingKey } from '../../core/archive/manifest-keys.js';
import type { SourcePlan } from '../../core/plan.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { Repository } from '../archive/open-repository.js';
import { expectRemoval } from '../archive/rolled-back.js';
import type { PrunedSource, PruneSourcesInput } from '../contract.js';
import { deleteBackup } from './delete-backup.js';
import { type JudgedBackup, lookAtSource, type SourceLook } from './look-at-source.js';
import { markedAtMs, writePending } from './retention-records.js';
import { sweepSource } from './sweep-source.js';

const NAMES = 20;

export interface PruneOfSource extends Pick<PruneSourcesInput, 'approve' | 'sweepOnly' | 'nowMs' | 'run'> {
  readonly host: string;
  readonly source: SourcePlan;
  readonly lastPruneMs?: number;
}

/**
 * Prunes one source: marks what is to go, takes marks back, deletes what was marked long enough ago and is still to go, sweeps. What is worth another
 * attempt is thrown; any other failure is the source's own, and stands in the result.
 */
export async function pruneSource(
  providers: Providers,
  storage: Repository,
  control: ActivityControl,
  prune: PruneOfSource,
): Promise<PrunedSource> {
  const { host, source, nowMs } = prune;
  const done = new Tally();
  const settled = (status: PrunedSource['status'], reason?: Failure): PrunedSource => ({
    host,
    source: source.name,
    status,
    ...(reason === undefined ? {} : { failure: reason }),
    ...done.figures(),
  });
  try {
    const look = await lookAtSource(storage, host, source, prune);
    done.saw(look);
    const doubt = prune.sweepOnly ? undefined : look.doubt;
    if (doubt !== undefined && !prune.approve)
      return settled('held', failure('PruneHeld', `Held for approval: ${doubt}.`, { host, source: source.name }));
    if (doubt !== undefined) done.notes.push(`Approved: ${doubt}.`);
    if (!prune.sweepOnly) {
      await setMarks(storage, look, prune, done);
      await deleteDue(providers, storage, control, look, prune, done);
    }
    const { swept, notes } = await sweepSource(storage, providers.runs, control, look, nowMs);
    done.swept = swept;
    done.notes.push(...notes);
    return settled('ok');
  } catch (error) {
    control.signal.throwIfAborted();
    const reason = failureOf(error, { host, source: source.name });
    if (FAILURES[reason.type].retryable) throw error;
    return settled('failed', reason);
  }
}

async function setMarks(
  storage: Repository,
  look: SourceLook,
  { nowMs, run }: PruneOfSource,
  done: Tally,
): Promise<void> {
  const { host, source, backups } = look;
  const markedAt = new Date(nowMs).toISOString();
  for (const { id, goes, mark } of backups) {
    // Made by a clock that a person has since said was wrong.
    const isLater = mark !== undefined && markedAtMs(mark) > nowMs;
    if (mark !== undefined && (!goes || isLater)) await storage.remove([pendingKey(host, source.name, id)]);
    const earlier = isLater ? undefined : mark;
    if (goes && earlier === undefined) {
      await writePending(storage, host, source.name, { id, markedAt, reason: 'no rule of keep has kept it', run });
      done.marked(id);
    }
    if (!goes && mark !== undefined) done.unmarked += 1;
  }
}

async function deleteDue(
  providers: Providers,
  storage: Repository,
  control: ActivityControl,
  look: SourceLook,
  { nowMs }: PruneOfSource,
  done: Tally,
): Promise<void> {
  const { host, source, pending, pins } = look;
  const committed = new Set(look.backups.map(({ id }) => id));
  // A deletion that was cut off: of some nothing may be left but the mark.
  const halfGone = [...pending.keys()].filter((id) => !committed.has(id) && parseBackupId(id) !== undefined);
  const due = look.backups.filter(({ dueMs }) => dueMs !== undefined && dueMs <= nowMs);
  if (halfGone.length + due.length === 0) return;
  const reading = await providers.runs.restoring();
  if (reading === undefined)
    return void done.notes.push('Nothing was deleted: nobody could say whether a restore runs.');
  const isRead = reading.some((one) => (one.host ?? host) === host && (one.source ?? source.name) === source.name);
  if (isRead) return void done.notes.push('Nothing was deleted: a restore or a drill is reading this source.');

  const of = { host, source: source.name, knownPins: new Set(pins.keys()) };
  for (const id of halfGone) done.deleted(id, (await deleteBackup(storage, control, { ...of, id })) ?? 0);
  // Newest first, so that at no moment a backup is there whose chain is not.
  const there = new Map<string, JudgedBackup>(look.backups.map((backup) => [backup.id, backup]));
  for (const { id } of due) {
    const builtOn = [...there.values()].some((other) => other.id !== id && other.chain.includes(id));
    if (builtOn) continue;
    const others = [...look.manifests.values()].filter((other) => other.id !== id && there.has(other.id));
    await expectRemoval(
      storage,
      host,
      source.name,
      id,
      others.sort((a, b) => compareBackupIds(a.id, b.id)),
    );
    const freedBytes = await deleteBackup(storage, control, { ...of, id });
    if (freedBytes === undefined)
      return void done.notes.push(`${id} stays for now, and what is older: a backup was pinned meanwhile.`);
    there.delete(id);
    done.deleted(id, freedBytes);
  }
}

class Tally {
  readonly notes: string[] = [];
  unmarked = 0;
  swept: PrunedSource['swept'] = { objects: 0, bytes: 0, unfinished: 0 };
  #kept = 0;
  #going = 0;
  #freedBytes = 0;
  readonly #marked: string[] = [];
  readonly #deleted: string[] = [];
  #deletedOfGoing = 0;
  #goingIds: ReadonlySet<string> = new Set();

  saw({ backups }: SourceLook): void {
    this.#goingIds = new Set(backups.filter(({ goes }) => goes).map(({ id }) => id));
    this.#going = this.#goingIds.size;
    this.#kept = backups.length - this.#going;
  }

  marked(id: string): void {
    this.#marked.push(id);
  }

  deleted(id: string, freedBytes: number): void {
    this.#deleted.push(id);
    this.#freedBytes += freedBytes;
    if (this.#goingIds.has(id)) this.#deletedOfGoing += 1;
  }

  figures(): Omit<PrunedSource, 'host' | 'source' | 'status' | 'failure'> {
    return {
      kept: this.#kept,
      waiting: this.#going - this.#deletedOfGoing,
      marked: this.#marked.length,
      unmarked: this.unmarked,
      deleted: this.#deleted.length,
      freedBytes: this.#freedBytes,
      firstMarked: this.#marked.slice(0, NAMES),
      firstDeleted: this.#deleted.slice(0, NAMES),
      swept: this.swept,
      notes: this.notes,
    };
  }
}
