/** The Activities of snapshots of mirrors: types only. */
import type { Failure } from '../../core/failures.js';
import type { HostPlan, Selection, SourcePlan } from '../../core/plan.js';
import type { SnapshotMethod } from '../../core/snapshots/snapshots.js';
import type { RunIdentity } from '../contract.js';

/** One snapshot of a mirror, as lists show it. It exists if and only if its record does. */
export interface SnapshotSummary {
  readonly host: string;
  readonly source: string;
  /** `20261121T042200Z-daily`: time of the backup, kind. Unique within its source. */
  readonly name: string;
  readonly kind: string;
  /** The backup that it holds; several kinds may hold the same. */
  readonly backupId: string;
  /** ISO 8601, UTC: the start of that backup. */
  readonly at: string;
  /** ISO 8601, UTC: when the copy was made. */
  readonly madeAt: string;
  /** Of the backup; `warning` also when the copy lacks something; `damaged` when it is not there, or not what was made. */
  readonly status: 'ok' | 'warning' | 'damaged';
  /** Why it is damaged, or what it lacks. */
  readonly problem?: string;
  readonly method: SnapshotMethod;
  /** Absolute directory on the machine that keeps it; the source's entries lie directly below it. */
  readonly path: string;
  readonly entries: number;
  /** Sizes of all its files, however many blocks it shares. */
  readonly sourceBytes: number;
  /** A person keeps it from rotation. */
  readonly pinned?: SnapshotPin;
  /** A restore reads it. */
  readonly inUse: boolean;
}
export interface SnapshotPin {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly reason?: string;
}

/** Something in a source's folder of snapshots that is not as Holdfast left it. It is reported, never touched. */
export interface SnapshotProblem {
  readonly path: string;
  readonly problem: 'foreign' | 'missing' | 'replaced' | 'writable' | 'unreadable-record';
  /** A sentence with what to do. */
  readonly message: string;
}

// ---- list -------------------------------------------------------------------------------------------------------

export interface ListSnapshotsInput {
  readonly configPath: string;
  readonly selection: Selection;
  /** Position among the selected mirrors. */
  readonly offset: number;
  /** Of the mirror at `offset`: how many of its snapshots were shown before. */
  readonly shown: number;
}
export interface ListSnapshotsResult {
  readonly sources: readonly ListedSnapshots[];
  /** Absent: that was all. */
  readonly next?: { readonly offset: number; readonly shown: number };
}
/** A mirror that is configured to have snapshots, or has some. */
export interface ListedSnapshots {
  readonly host: string;
  readonly source: string;
  /** Absent: the configuration asks for none. */
  readonly volume?: string;
  /** The mirror's last committed backup; absent: there is none, or a run is changing it. */
  readonly backupId?: string;
  /** Kinds of which one is due of that backup. */
  readonly due: readonly string[];
  /** Newest first; a long list goes on with the next page. */
  readonly snapshots: readonly ListedSnapshot[];
  /** At most 20; with the first page of the source. */
  readonly problems: readonly SnapshotProblem[];
  readonly failure?: Failure;
}
export interface ListedSnapshot extends SnapshotSummary {
  /** What a prune would do with it now. */
  readonly fate: 'stays' | 'goes';
  /** The rules that keep it, or why it goes. */
  readonly why: string;
  /** What holds it even where it is named to be removed: `pinned`, `a restore reads it`, `newest good one`, `damaged, not touched`. */
  readonly shieldedBy: readonly string[];
}

// ---- due --------------------------------------------------------------------------------------------------------

export interface DueSnapshotsInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
}
export interface DueSnapshotsResult {
  /** Kinds of which one is due of the mirror's last commit. */
  readonly kinds: readonly string[];
  /** A run that died has left something to sweep up. */
  readonly leftovers: boolean;
}

// ---- make and rotate --------------------------------------------------------------------------------------------

/** Needs the host's lock (Workflow ID `host/<host>`): the mirror must not change meanwhile. */
export interface SnapshotMirrorInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly run: RunIdentity;
  /** `due`: the kinds that are due by the clock; or these kinds, whatever the clock says. */
  readonly make: 'due' | readonly string[];
  /**
   * `after-making`: the surplus of the kinds of which the mirror's last backup has one. `surplus`: the surplus of all kinds, also of those that the
   * configuration no longer has. A list: these snapshots, unless they are pinned, in use, or the newest good one.
   */
  readonly remove: 'none' | 'after-making' | 'surplus' | readonly string[];
}
export interface SnapshotMirrorResult {
  /** Absent: the mirror was never committed. */
  readonly backupId?: string;
  readonly made: readonly MadeSnapshot[];
  readonly removed: { readonly count: number /** At most 50. */; readonly first: readonly string[] };
  /** Snapshots that there are now. */
  readonly kept: number;
  /** At most 20. */
  readonly problems: readonly SnapshotProblem[];
  /** Of each kind that could not be made, and each snapshot that could not be removed. What else was to be done was done. */
  readonly failures: readonly Failure[];
  readonly notes: readonly string[];
}
export interface MadeSnapshot {
  readonly name: string;
  readonly kind: string;
  readonly method: SnapshotMethod;
  readonly status: 'ok' | 'warning';
}

export interface SnapshotActivities {
  /** A page of the snapshots of the selected mirrors, with what a prune would do. Changes nothing. */
  listSnapshots(input: ListSnapshotsInput): Promise<ListSnapshotsResult>;
  /** Cheap: most backups make no snapshot. */
  dueSnapshots(input: DueSnapshotsInput): Promise<DueSnapshotsResult>;
  /** Sweeps up what dead runs left, makes snapshots of the mirror's last commit, removes surplus ones. */
  snapshotMirror(input: SnapshotMirrorInput): Promise<SnapshotMirrorResult>;
}
