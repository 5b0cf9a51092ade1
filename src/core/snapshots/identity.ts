/** What tells one copy from another that was put in its place: kept in its record, looked at again before anything is done with it. */
export type CopyIdentity =
  | {
      readonly type: 'subvolume';
      /** `stat --file-system --format=%i`: on BTRFS the file system's id with the subvolume's number worked in; numbers are never given again. */
      readonly fileSystemId: string;
      readonly readOnly: boolean;
      /** What root may learn as well. */
      readonly shown?: ShownSubvolume;
    }
  | { readonly type: 'directory'; readonly inode: string }
  /** A file, a link, or a subvolume of which nothing can be learned. */
  | { readonly type: 'other'; readonly what: string };

/** Of `btrfs subvolume show`. */
export interface ShownSubvolume {
  readonly uuid: string;
  /** UUID of the subvolume that it is a snapshot of; absent: of none. */
  readonly parentUuid?: string;
  /** It came here by `btrfs receive`. */
  readonly receivedUuid?: string;
  readonly subvolumeId: number;
}

export interface IdentityProblem {
  readonly problem: 'missing' | 'replaced' | 'writable';
  readonly message: string;
}

/** How what is found differs from what was recorded; undefined: it is the copy that was made. */
export function identityProblem(recorded: CopyIdentity, found: CopyIdentity | undefined): IdentityProblem | undefined {
  if (found === undefined)
    return {
      problem: 'missing',
      message: 'its directory is gone; remove its record (the .json beside it) when that is known',
    };
  if (!isSame(recorded, found))
    return {
      problem: 'replaced',
      message: `it is not what was made (${textOf(recorded)}), but ${textOf(found)}; look at what it is, and remove it and its record by hand`,
    };
  if (recorded.type === 'subvolume' && found.type === 'subvolume' && recorded.readOnly && !found.readOnly)
    return {
      problem: 'writable',
      message:
        'somebody made it writable, it may have been changed; if not, set it back with `btrfs property set -ts DIRECTORY ro true`',
    };
  return undefined;
}

/** The same copy, writable or not. */
export function isSame(recorded: CopyIdentity, found: CopyIdentity): boolean {
  switch (recorded.type) {
    case 'subvolume':
      return (
        found.type === 'subvolume' &&
        found.fileSystemId === recorded.fileSystemId &&
        (found.shown === undefined || recorded.shown === undefined || isSameShown(found.shown, recorded.shown))
      );
    case 'directory':
      return found.type === 'directory' && found.inode === recorded.inode;
    case 'other':
      return false;
  }
}

const isSameShown = (a: ShownSubvolume, b: ShownSubvolume): boolean =>
  a.uuid === b.uuid && a.parentUuid === b.parentUuid && a.receivedUuid === b.receivedUuid;

function textOf(identity: CopyIdentity): string {
  switch (identity.type) {
    case 'subvolume':
      return `the subvolume ${identity.shown?.uuid ?? identity.fileSystemId}${identity.shown?.receivedUuid === undefined ? '' : ', a received one'}`;
    case 'directory':
      return `the directory with inode ${identity.inode}`;
    case 'other':
      return identity.what;
  }
}

/**
 * Reads what `btrfs subvolume show` prints of one subvolume (btrfs-subvolume(8)): lines of `Name: value`; `-` stands for none. Undefined when it is no
 * such output.
 */
export function readSubvolume(shown: string): ShownSubvolume | undefined {
  const values = new Map(
    shown.split('\n').flatMap((line) => {
      const [, name, value] = /^\s+([A-Za-z ()]+?):\s+(\S.*?)\s*$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
  const uuidOf = (name: string): string | undefined => {
    const value = values.get(name);
    return value === undefined || value === '-' ? undefined : value;
  };
  const [uuid, id] = [uuidOf('UUID'), Number(values.get('Subvolume ID'))];
  if (uuid === undefined || !Number.isInteger(id)) return undefined;
  const [parentUuid, receivedUuid] = [uuidOf('Parent UUID'), uuidOf('Received UUID')];
  return {
    uuid,
    ...(parentUuid === undefined ? {} : { parentUuid }),
    ...(receivedUuid === undefined ? {} : { receivedUuid }),
    subvolumeId: id,
  };
}
