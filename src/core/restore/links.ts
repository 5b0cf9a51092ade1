import { detached } from '../entries/byte-records.js';
import type { Entry } from '../entries/entry.js';
import type { PointEntry, RestoreAction, ShardPlace } from './actions.js';

export type LinkFate = 'not-wanted' | 'keep' | 'write';

interface LinkedName {
  readonly path: string;
  readonly fate: LinkFate;
  /** File in the target that bears the name now; undefined when there is none. */
  readonly targetFile: string | undefined;
  readonly same: boolean;
}

interface LinkGroup {
  readonly place: ShardPlace;
  readonly sizeBytes: number;
  /** tar knows links of files and symbolic links only: it stores a fifo once for each name. */
  readonly linkedByTar: boolean;
  readonly names: LinkedName[];
}

const storedAs = ({ type, sizeBytes }: Entry): Pick<LinkGroup, 'sizeBytes' | 'linkedByTar'> => ({
  sizeBytes: type === 'f' ? sizeBytes : 0,
  linkedByTar: type === 'f' || type === 'l',
});

export interface LinkOutcome {
  readonly actions: readonly RestoreAction[];
  readonly created: number;
  readonly replaced: number;
  readonly kept: number;
  readonly bytesToWrite: number;
}

/**
 * Hard links. All names of one file lie in one shard, the first of them with the content and the others as links to the first, so they can
 * only be decided together: names that are right by themselves are kept only when they already are one file, and names whose
 * first one is not wanted have to be linked by hand.
 */
export class LinkGroups {
  private readonly groups = new Map<string, LinkGroup>();

  /** In index order, every name of the point with more than one link, wanted or not. `same`: equal to what the target has. */
  add(point: PointEntry, place: ShardPlace, name: LinkedName): void {
    const { entry } = point;
    const key = `${place.backup} ${place.shard} ${entry.device} ${entry.inode}`;
    const kept = { ...name, path: detached(name.path) };
    const group = this.groups.get(key);
    if (group) group.names.push(kept);
    else this.groups.set(key, { place, ...storedAs(entry), names: [kept] });
  }

  /** What to do for each group, after the last name. */
  *settle(): Iterable<LinkOutcome> {
    const shared = this.filesClaimedTwice();
    for (const group of this.groups.values()) yield settleGroup(group, shared);
  }

  /** Files of the target that names of two different groups share: neither group is right. */
  private filesClaimedTwice(): ReadonlySet<string> {
    const claims = new Map<string, LinkGroup>();
    const twice = new Set<string>();
    for (const group of this.groups.values()) {
      for (const { targetFile } of group.names.filter((name) => name.fate === 'write')) {
        if (targetFile === undefined) continue;
        const other = claims.get(targetFile);
        if (other && other !== group) twice.add(targetFile);
        claims.set(targetFile, group);
      }
    }
    return twice;
  }
}

function settleGroup(group: LinkGroup, claimedTwice: ReadonlySet<string>): LinkOutcome {
  const wanted = group.names.filter((name) => name.fate === 'write');
  const kept = group.names.filter((name) => name.fate === 'keep').length;
  const files = new Set(wanted.map((name) => name.targetFile));
  const oneFile = files.size === 1 && !wanted.some(({ targetFile }) => targetFile && claimedTwice.has(targetFile));
  if (wanted.length === 0 || (oneFile && wanted.every((name) => name.same))) {
    return { actions: [], created: 0, replaced: 0, kept: kept + wanted.length, bytesToWrite: 0 };
  }
  const first = group.names[0] as LinkedName;
  const { place } = group;
  const byTar = first.fate === 'write' && (group.linkedByTar || wanted.length === 1);
  return {
    actions: wanted.map(({ path }) =>
      byTar ? { do: 'extract' as const, place, path } : { do: 'link' as const, place, first: first.path, path },
    ),
    created: wanted.filter((name) => name.targetFile === undefined).length,
    replaced: wanted.filter((name) => name.targetFile !== undefined).length,
    kept,
    bytesToWrite: group.sizeBytes,
  };
}
