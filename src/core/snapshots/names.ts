import { compactStamp, parseBackupId } from '../ids.js';

/** Kinds become a part of file names. */
const KIND = /^[a-z0-9][a-z0-9-]{0,40}$/;
const NAME = /^(\d{8}T\d{6}Z)-([a-z0-9][a-z0-9-]{0,40})$/;

export interface SnapshotName {
  /** UTC, whole seconds: the time of the backup that it holds. */
  readonly timeMs: number;
  readonly kind: string;
}

/**
 * `20261121T042200Z-daily`: the time of the backup that the snapshot holds, and its kind. So there is one snapshot of a kind for each backup, names sort by
 * time, and making one again finds that it is there.
 */
export function snapshotName({ timeMs, kind }: SnapshotName): string {
  if (!isSnapshotKind(kind)) throw new RangeError(`${JSON.stringify(kind)} cannot be a snapshot’s kind`);
  return `${compactStamp(timeMs)}-${kind}`;
}

export const isSnapshotKind = (kind: string): boolean => KIND.test(kind);

/** Undefined for what is no snapshot's name. */
export function parseSnapshotName(name: string): SnapshotName | undefined {
  const [, stamp, kind] = NAME.exec(name) ?? [];
  const time = stamp === undefined ? undefined : parseBackupId(`${stamp}-0`);
  return time === undefined || kind === undefined ? undefined : { timeMs: time.timeMs, kind };
}
