import { type Entry, textOf } from '../entries/entry.js';
import { HoldfastError } from '../failures.js';
import { assertSafePath, unsafePath } from '../entries/path-safety.js';
import type { OverwriteMode, PointEntry, RestoreAction, RestoreCounts, ShardPlace, Wanted } from './actions.js';
import { sameEntry } from './compare.js';
import { PathFrames } from './frames.js';
import { LinkGroups } from './links.js';

export interface RestorePlannerOptions {
  readonly overwrite: OverwriteMode;
  readonly delete: boolean;
  /** Owners can be set on the target: it is written as root. */
  readonly owners: boolean;
  /** Where the target is, for messages. */
  readonly target: string;
}

interface Frame {
  point?: Entry;
  /** The found directory has to make way for something else. */
  clash: boolean;
  found?: Entry;
  extra: boolean;
  holdsPoint: boolean;
  holdsFound: boolean;
}

/**
 * Compares a point with what the target holds and says what a restore has to do. Feed it the merge-join of both in
 * `comparePaths` order; memory grows with the depth of the tree and the number of hard-linked files only.
 */
export class RestorePlanner {
  readonly counts: RestoreCounts = { create: 0, replace: 0, keep: 0, delete: 0, bytesToWrite: 0 };
  private readonly links = new LinkGroups();
  private readonly frames: PathFrames<Frame>;

  constructor(
    private readonly options: RestorePlannerOptions,
    private readonly act: (action: RestoreAction) => void,
  ) {
    this.frames = new PathFrames(
      (): Frame => ({ clash: false, extra: false, holdsPoint: false, holdsFound: false }),
      (path, frame) => this.closeFrame(path, frame),
    );
  }

  /** One path: what the point has, whether that is wanted, and what the target has. `takeExtra`: removing it was asked for. */
  see(path: string, point: PointEntry | undefined, wanted: Wanted, found: Entry | undefined, takeExtra: boolean): void {
    if (point) assertSafePath(path);
    if (point && wanted === 'no') return this.passLink(path, point);
    const { own, ancestors } = this.frames.enter(path);
    if (found) this.seeFound(own, ancestors, found, point === undefined && takeExtra);
    if (!point) return;
    own.point = point.entry;
    for (const above of ancestors) above.holdsPoint = true;
    if (point.entry.type === 'd') this.seeDirectory(path, point, wanted, found);
    else this.seeOther(path, point, found, own);
  }

  /** After the last path. */
  end(): void {
    this.frames.end();
    for (const outcome of this.links.settle()) {
      for (const action of outcome.actions) this.act(action);
      this.counts.create += outcome.created;
      this.counts.replace += outcome.replaced;
      this.counts.keep += outcome.kept;
      this.counts.bytesToWrite += outcome.bytesToWrite;
    }
  }

  private seeFound(own: Frame, ancestors: readonly Frame[], found: Entry, extra: boolean): void {
    own.found = found;
    for (const above of ancestors) above.holdsFound = true;
    if (!extra || !this.options.delete) return;
    own.extra = true;
    this.counts.delete += 1;
    if (found.type !== 'd') this.act({ do: 'delete-file', path: found.path });
  }

  private seeDirectory(path: string, point: PointEntry, wanted: Wanted, found: Entry | undefined): void {
    const { entry, place } = point;
    const exists = found?.type === 'd';
    if (found && !exists) {
      if (this.options.overwrite === 'never') throw this.inTheWay(path, found, 'a directory');
      this.act({ do: 'clear-file', path });
    }
    if (!exists) this.act({ do: 'make-directory', path });
    const same = exists && this.options.overwrite === 'changed' && this.same(entry, found);
    const left = exists && (wanted === 'parent' || this.options.overwrite === 'never');
    if (left || same) this.counts.keep += 1;
    else if (found) this.counts.replace += 1;
    else this.counts.create += 1;
    if (left) return;
    if (place) this.act({ do: 'attributes', place, path });
    this.reportFlaw(path, point);
    if (place) this.expectEntry(point, place);
  }

  private seeOther(path: string, point: PointEntry, found: Entry | undefined, own: Frame): void {
    this.reportFlaw(path, point);
    const { entry, place } = point;
    if (!place) return;
    const clash = found?.type === 'd';
    if (clash && this.options.overwrite === 'never') throw this.inTheWay(path, found, describe(entry));
    if (clash) this.act({ do: 'clear-directory', path });
    own.clash = clash;
    const keep = found !== undefined && this.options.overwrite === 'never';
    if (!keep) this.expectEntry(point, place);
    const same = found !== undefined && !clash && this.options.overwrite === 'changed' && this.same(entry, found);
    if (entry.links > 1) {
      const targetFile = found ? `${found.device} ${found.inode}` : undefined;
      this.links.add(point, place, { path, fate: keep ? 'keep' : 'write', targetFile, same });
    } else if (keep || (same && found.links === 1)) {
      this.counts.keep += 1;
    } else {
      if (place.large === undefined) this.act({ do: 'extract', place, path });
      else this.act({ do: 'extract-large', place, large: place.large, entry });
      this.counts[found ? 'replace' : 'create'] += 1;
      if (entry.type === 'f') this.counts.bytesToWrite += entry.sizeBytes;
    }
  }

  /** A name that nobody asked for may still be the one that holds the content of others. */
  private passLink(path: string, point: PointEntry): void {
    if (point.entry.type === 'd' || point.entry.links < 2 || !point.place) return;
    this.links.add(point, point.place, { path, fate: 'not-wanted', targetFile: undefined, same: false });
  }

  private expectEntry({ entry, flaw, older }: PointEntry, { backup }: ShardPlace): void {
    this.act({ do: 'expect', entry, mayHaveChanged: flaw === 'changed' && !older, backup });
  }

  private reportFlaw(path: string, { flaw, older, place }: PointEntry): void {
    if (flaw) this.act({ do: 'flaw', path, flaw, older: older === true && place !== undefined });
  }

  private closeFrame(path: string, frame: Frame): void {
    if (frame.holdsPoint && frame.point === undefined)
      throw unsafePath(path, 'entries lie below it, but it is not known');
    if (frame.holdsPoint && frame.point?.type !== 'd')
      throw unsafePath(path, 'entries lie below it, but it is no directory');
    const { found } = frame;
    if (found?.type !== 'd') return;
    if (frame.extra) this.act({ do: 'delete-directory', path });
    if (frame.clash && frame.holdsFound && !this.options.delete) {
      throw this.inTheWay(path, found, describe(frame.point), true);
    }
  }

  private inTheWay(path: string, found: Entry, wanted: string, holds = false): HoldfastError {
    const advice = holds ? '; with --delete it would be removed with all it holds' : ', and --overwrite is never';
    const message = `${this.options.target}: "${textOf(path)}" is ${describe(found)}${holds ? ' that is not empty' : ''} where the backup has ${wanted}${advice}`;
    return new HoldfastError('RestoreTargetInvalid', message);
  }

  private same(entry: Entry, found: Entry): boolean {
    return sameEntry(entry, found, { owners: this.options.owners });
  }
}

const NAMES: Readonly<Record<Entry['type'], string>> = {
  f: 'a file',
  d: 'a directory',
  l: 'a symbolic link',
  p: 'a fifo',
  s: 'a socket',
  b: 'a block device',
  c: 'a character device',
};

const describe = (entry: Entry | undefined): string => (entry ? NAMES[entry.type] : 'nothing');
