import { failure, failureOf, type Failure } from '../../core/failures.js';
import { parseBackupId } from '../../core/ids.js';
import { dueKinds } from '../../core/snapshots/due.js';
import { snapshotName } from '../../core/snapshots/names.js';
import { decideSnapshots } from '../../core/snapshots/retention.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { MadeSnapshot, SnapshotMirrorInput, SnapshotMirrorResult } from '../contract.js';
import { atDestination } from '../mirror/destination-access.js';
import type { CommittedMirror } from '../mirror/mirror-state.js';
import { openMirror, type OpenMirror } from '../mirror/open-mirror.js';
import { makeSnapshot, makeSnapshotFolder } from './make-snapshot.js';
import { knownOf, readSnapshots, type FoundSnapshot, type FoundSnapshots } from './read-snapshots.js';
import { removeSnapshot } from './remove-snapshot.js';
import { methodFor } from './snapshot-method.js';
import type { SnapshotRecord } from './snapshot-record.js';
import { snapshotUse } from './snapshot-use.js';
import { sweepSnapshots } from './sweep-snapshots.js';

const PROBLEMS_TOLD = 20;
const NAMES_TOLD = 50;

/**
 * The snapshots of one mirror, brought up to what the configuration says: ends what dead runs have begun, makes what is asked for of the last commit, then removes
 * surplus ones. Each step looks at the folder anew: nothing is removed on the strength of a snapshot that is not there.
 *
 * Repeated by the same run it finds what it has made. Throws what keeps all of it from being done (DestinationNotFound, Cancelled …); a kind that cannot be made, or a
 * snapshot that cannot be removed, is told in the result.
 */
export async function snapshotMirror(
  providers: Providers,
  control: ActivityControl,
  input: SnapshotMirrorInput,
): Promise<SnapshotMirrorResult> {
  const mirror = await openMirror(input);
  return atDestination(mirror.paths.base, mirror.place, () =>
    new MirrorSnapshots(providers, control, input, mirror).run(),
  );
}

class MirrorSnapshots {
  private readonly made: MadeSnapshot[] = [];
  private readonly failures: Failure[] = [];
  private readonly notes: string[] = [];
  private readonly removed: string[] = [];
  private readonly owner;

  constructor(
    private readonly providers: Providers,
    private readonly control: ActivityControl,
    private readonly input: SnapshotMirrorInput,
    private readonly mirror: OpenMirror,
  ) {
    this.owner = { ...mirror.place, paths: mirror.paths };
  }

  async run(): Promise<SnapshotMirrorResult> {
    let { snapshots } = await this.sweptUp();
    const backup = this.committed();
    const kinds = backup === undefined ? [] : this.kindsToMake(backup, snapshots);
    for (const [index, kind] of kinds.entries()) {
      // A hard-link tree may share the files of the one just made.
      if (index > 0) ({ snapshots } = await readSnapshots(this.owner));
      if (backup !== undefined) await this.make(kind, backup, snapshots);
    }
    const after = await readSnapshots(this.owner, { copies: this.providers.snapshots, signal: this.control.signal });
    await this.rotate(after.snapshots);
    const last = this.last();
    return {
      ...(last === undefined ? {} : { backupId: last.backupId }),
      made: this.made,
      removed: { count: this.removed.length, first: this.removed.slice(0, NAMES_TOLD) },
      kept: after.snapshots.length - this.removed.length,
      problems: after.problems.slice(0, PROBLEMS_TOLD),
      failures: this.failures,
      notes: this.notes,
    };
  }

  private async sweptUp(): Promise<FoundSnapshots> {
    const found = await readSnapshots(this.owner);
    if (found.leftovers.length === 0) return found;
    this.notes.push(...(await sweepSnapshots(this.providers, this.control, this.owner, found.leftovers)));
    return readSnapshots(this.owner);
  }

  private last(): CommittedMirror | undefined {
    const { before } = this.mirror;
    return before.kind === 'known' ? before.state.last : undefined;
  }

  /** A mirror that a run left half synchronised is no point in time. */
  private committed(): CommittedMirror | undefined {
    const { before, place } = this.mirror;
    if (before.kind === 'known' && before.state.state === 'committed') return before.state.last;
    const isAsked = this.input.make !== 'due' && this.input.make.length > 0;
    const why = before.kind === 'absent' ? 'it was never backed up' : 'a run left it half synchronised';
    if (isAsked)
      this.failures.push(failure('SnapshotFailed', `There is nothing to make a snapshot of: ${why}.`, place));
    return undefined;
  }

  private kindsToMake({ backupId }: CommittedMirror, snapshots: readonly FoundSnapshot[]): readonly string[] {
    if (this.input.make !== 'due') return this.input.make;
    const timeMs = timeOf(backupId);
    const { runId } = this.input.run;
    // What this run has made before its worker died is made, not due: it is found below and told.
    const own = snapshots.filter(({ record, timeMs: of }) => of === timeMs && record?.run.runId === runId);
    const due = dueKinds(
      this.input.source.snapshots?.rules ?? [],
      snapshots.map((one) => knownOf(one, false)),
      timeMs,
    );
    return [...new Set([...own.map(({ kind }) => kind), ...due])];
  }

  private async make(kind: string, backup: CommittedMirror, snapshots: readonly FoundSnapshot[]): Promise<void> {
    const { place, paths, source } = this.mirror;
    this.control.signal.throwIfAborted();
    this.control.progress({ making: kind });
    const name = snapshotName({ timeMs: timeOf(backup.backupId), kind });
    try {
      const there = snapshots.find((one) => one.name === name);
      if (there !== undefined) return this.found(there);
      await makeSnapshotFolder(paths);
      const { method, linkTo, note } = await methodFor(this.providers, this.mirror, snapshots);
      if (note !== undefined && !this.notes.includes(note)) this.notes.push(note);
      const record = await makeSnapshot(this.providers, this.control, {
        ...{ paths, place, name, method, backup },
        path: source.path,
        ...(linkTo === undefined ? {} : { linkTo }),
        run: this.input.run,
      });
      this.made.push(madeOf(kind, record));
    } catch (error) {
      if (this.control.signal.aborted) throw error;
      this.failures.push(failureOf(error, place));
    }
  }

  private found({ name, kind, record, state, problem }: FoundSnapshot): void {
    if (state === 'damaged' || record === undefined) {
      const message = `${name} is there, but damaged: ${problem?.message ?? ''}`;
      this.failures.push(failure('SnapshotFailed', message, this.mirror.place));
    } else if (record.run.runId === this.input.run.runId) this.made.push(madeOf(kind, record));
    else this.notes.push(`${name} was there already.`);
  }

  private async rotate(snapshots: readonly FoundSnapshot[]): Promise<void> {
    const { remove, source } = this.input;
    if (remove === 'none') return;
    const now = this.last();
    const present = new Set(snapshots.filter(({ state }) => state !== 'damaged').map(({ name }) => name));
    const isMade = (kind: string): boolean =>
      now !== undefined && present.has(snapshotName({ timeMs: timeOf(now.backupId), kind }));
    const verdicts = (inUse: (one: FoundSnapshot) => boolean) =>
      decideSnapshots(
        snapshots.map((one) => knownOf(one, inUse(one))),
        source.snapshots?.rules,
        now === undefined ? undefined : timeOf(now.backupId),
      );
    // Whether somebody reads them is asked only when something would go.
    const wanted = new Set(
      verdicts(() => false)
        .filter(({ name, goes }) => {
          if (typeof remove !== 'string') return remove.includes(name);
          return goes && (remove === 'surplus' || isMade(kindIn(snapshots, name)));
        })
        .map(({ name }) => name),
    );
    if (typeof remove !== 'string') this.unknown(remove, snapshots);
    if (wanted.size === 0) return;
    const use = await snapshotUse(
      this.providers.runs,
      { ...this.mirror.place, folder: this.mirror.paths.snapshotFolder },
      snapshots,
    );
    if (use.note !== undefined) this.notes.push(use.note);
    const final = new Map(verdicts((one) => use.has(one)).map((verdict) => [verdict.name, verdict]));
    // The oldest first: what is left when this is cut off is the newer part.
    for (const one of [...snapshots].reverse()) {
      const verdict = final.get(one.name);
      if (!wanted.has(one.name) || verdict === undefined) continue;
      if (verdict.shieldedBy.length === 0) await this.remove(one);
      else if (typeof remove !== 'string') this.refuse(one.name, verdict.shieldedBy.join(', '));
    }
  }

  private async remove(one: FoundSnapshot): Promise<void> {
    const { place, paths } = this.mirror;
    this.control.signal.throwIfAborted();
    this.control.progress({ removing: one.name, removed: this.removed.length });
    try {
      if (await removeSnapshot(this.providers, this.control, paths.snapshotFolder, one, place))
        this.removed.push(one.name);
      else this.notes.push(`${one.name} stays: somebody has begun to read it, or has pinned it.`);
    } catch (error) {
      if (this.control.signal.aborted) throw error;
      this.failures.push(failureOf(error, place));
    }
  }

  private refuse(name: string, why: string): void {
    this.failures.push(failure('SnapshotFailed', `${name} is not removed: ${why}.`, this.mirror.place));
  }

  private unknown(names: readonly string[], snapshots: readonly FoundSnapshot[]): void {
    for (const name of names)
      if (!snapshots.some((one) => one.name === name))
        this.failures.push(failure('BackupNotFound', `There is no snapshot ${name}.`, this.mirror.place));
  }
}

const kindIn = (snapshots: readonly FoundSnapshot[], name: string): string =>
  snapshots.find((one) => one.name === name)?.kind ?? '';

const timeOf = (backupId: string): number => parseBackupId(backupId)?.timeMs ?? Number.NaN;

const madeOf = (kind: string, { name, method, backup, leftOut }: SnapshotRecord): MadeSnapshot => ({
  name,
  kind,
  method,
  status: backup.status === 'ok' && leftOut === undefined ? 'ok' : 'warning',
});
