/** Snapshots of mirrors: the words that configuration, decisions, copies and lists have in common. */

/**
 * How a snapshot is made: `btrfs`, a read-only snapshot of the mirror's subvolume; `reflink`, a copy that shares its blocks with the mirror
 * (cp(1), --reflink); `hardlink`, a tree whose unchanged files are the previous snapshot's (rsync(1), --link-dest).
 */
export type SnapshotMethod = 'btrfs' | 'reflink' | 'hardlink';

/** Kinds that mean a period of the calendar. Other kinds bear the name of their interval: `every-6h`. */
export const CALENDAR_KINDS = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type CalendarKind = (typeof CALENDAR_KINDS)[number];

/** The directory beside a host's mirrors that holds their snapshots: no source may bear its name. */
export const SNAPSHOTS_FOLDER = '.snapshots';

/** Made when a person asks for one; no rule makes it, and none removes it. */
export const MANUAL_KIND = 'manual';

/** One line of the configuration: which snapshots are made, and how many of them stay. */
export interface SnapshotRule {
  readonly kind: string;
  readonly count: number;
  /** Absent: the period of the calendar that the kind names. */
  readonly intervalMs?: number;
}

/** What the configuration says of one mirror's snapshots. */
export interface SnapshotPlan {
  /** The configured volume that the mirror lies below; absolute. */
  readonly volume: string;
  readonly method: 'auto' | SnapshotMethod;
  readonly rules: readonly SnapshotRule[];
}

/** A snapshot, as far as decisions depend on it. */
export interface KnownSnapshot {
  readonly name: string;
  readonly kind: string;
  /** Of the backup that it holds. */
  readonly timeMs: number;
  /**
   * `good`: of a backup that was `ok`. `flawed`: usable, of a backup with flaws. `damaged`: not there, or not what was made; it is reported and
   * not touched.
   */
  readonly state: 'good' | 'flawed' | 'damaged';
  readonly pinned: boolean;
  /** A restore reads it, or nobody could say that none does. */
  readonly inUse: boolean;
}
