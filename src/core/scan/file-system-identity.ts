/**
 * Which file system a source lies on, as far as it stays the same while nothing is unmounted. Device numbers do not: disks are numbered anew at
 * every boot, and each BTRFS subvolume has a number of its own (docs/decisions/0012-holds-wait-in-the-fleet-run.md says what was tried).
 */
export interface FileSystemIdentity {
  /** Where the file system that the source's real path lies on is mounted; a bind mount counts as a mount. For people (textOf). */
  readonly mountPoint: string;
  /** `ext4`, `nfs4`, … */
  readonly type: string;
  /** What is mounted: `/dev/sdb1`, `nas:/export`, `pool/data`. For people (textOf). */
  readonly mounted: string;
  /** `uuid …` or, of ext2 to ext4 without it, `fsid …`, which is made from the UUID. Absent: the host cannot say. */
  readonly id?: string;
}

/** What differs, as a sentence without its end; undefined when it is the same file system, as far as both can say. */
export function otherFileSystem(before: FileSystemIdentity, now: FileSystemIdentity): string | undefined {
  if (before.mountPoint !== now.mountPoint)
    return before.mountPoint.length > now.mountPoint.length
      ? `${shown(before)} was mounted at ${before.mountPoint} for the last backup, now the source lies on ${now.mountPoint} (${shown(now)}): unmounted?`
      : `for the last backup the source lay on ${before.mountPoint} (${shown(before)}), now ${shown(now)} is mounted at ${now.mountPoint}`;
  if (isAnother(before, now))
    return `at ${now.mountPoint} lies ${shown(now)}, for the last backup it was ${shown(before)}`;
  return undefined;
}

/** Also true when one of them cannot say. */
export const isSameFileSystem = (one: FileSystemIdentity, other: FileSystemIdentity): boolean =>
  otherFileSystem(one, other) === undefined;

function isAnother(before: FileSystemIdentity, now: FileSystemIdentity): boolean {
  if (familyOf(before.type) !== familyOf(now.type)) return true;
  const [kindBefore, kindNow] = [before.id, now.id].map((id) => id?.split(' ')[0]);
  if (kindBefore !== undefined && kindBefore === kindNow) return before.id !== now.id;
  // A disk’s name says nothing: it may be another one after the next boot. Shares and datasets keep theirs.
  const named = [before, now].every(({ mounted }) => !mounted.startsWith('/dev/'));
  return named && before.mounted !== now.mounted;
}

/** The same share is mounted as `nfs` or `nfs4`, the same disk as `ext3` or `ext4`. */
const familyOf = (type: string): string => type.replace(/^(ext|nfs|smb|cifs)\d*$/, '$1').replace(/^cifs$/, 'smb');

const shown = ({ type, mounted, id }: FileSystemIdentity): string => {
  const what = mounted === type || mounted === '' || mounted === 'none' ? type : `${mounted}, ${type}`;
  return id === undefined ? what : `${what}, ${id}`;
};
