import { textOf } from '../../core/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { FlawedEntry } from '../../core/manifest.js';
import type { AgesAt } from '../../core/left-out-script.js';
import { resolvePoint } from '../../core/restore-point.js';
import type { RestoreRequest } from '../contract.js';
import { mirrorPathsOf, type MirrorPaths } from '../mirror/mirror-paths.js';
import { type MirrorState, readMirrorState } from '../mirror/mirror-state.js';
import type { RequestedSource } from './restore-request.js';

/** The one point in time that a mirror is. */
export interface MirrorPoint {
  readonly paths: MirrorPaths;
  /** The last committed backup; '' when none ever was. */
  readonly backupId: string;
  readonly fakeSuper: boolean;
  /** When the last committed run began and ended, in seconds; it may be older than what an unfinished mirror holds. */
  readonly madeAt: AgesAt;
  /** A run was changing it when it was last heard of. */
  readonly unfinished: boolean;
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
}

/** Throws BackupNotFound, and MirrorUnfinished unless the request takes a half-synchronised mirror. */
export async function openMirrorPoint(
  { host, source }: Pick<RequestedSource, 'host' | 'source'>,
  { point, unfinished }: Pick<RestoreRequest, 'point' | 'unfinished'>,
): Promise<MirrorPoint> {
  const paths = mirrorPathsOf(host, source);
  const of = `the mirror of ${host.name}/${source.name} in ${paths.base}`;
  const reading = await readMirrorState(paths);
  if (reading.kind === 'absent') throw new HoldfastError('BackupNotFound', `${of} does not exist`);
  if (reading.kind === 'known' && reading.state.state === 'committed') {
    const { last } = reading.state;
    return {
      paths,
      backupId: resolvePoint([last.backupId], point, of),
      fakeSuper: last.fakeSuper,
      unfinished: false,
      madeAt: { newerSeconds: secondsOf(last.finishedAt), olderSeconds: secondsOf(last.startedAt) },
      flaws: last.flaws,
    };
  }
  const why = reading.kind === 'known' ? sinceText(reading.state) : reading.reason;
  if (!unfinished) throw new HoldfastError('MirrorUnfinished', `${of} is half synchronised: ${why}`);
  if (!('latest' in point)) {
    throw new HoldfastError('BackupNotFound', `${of} is half synchronised and no point in time: ${why}`);
  }
  const last = reading.kind === 'known' ? reading.state.last : undefined;
  const message = `the mirror is half synchronised: ${why}; entries may be missing, old and new ones are mixed`;
  return {
    paths,
    backupId: last?.backupId ?? '',
    fakeSuper: last?.fakeSuper ?? (source.preserveOwnership && process.geteuid?.() !== 0),
    unfinished: true,
    // Whatever may be left out for its age counts as left out.
    madeAt: {
      newerSeconds: Math.ceil(Date.now() / 1000),
      olderSeconds: last === undefined ? 0 : secondsOf(last.startedAt),
    },
    flaws: { count: 1, first: [{ path: textOf(''), flaw: 'changed', message }] },
  };
}

const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000);

const sinceText = (state: MirrorState): string =>
  state.state === 'syncing' ? `a run began to change it at ${state.since} and did not end` : '';
