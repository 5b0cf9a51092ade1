import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan, LocalDestination, SourcePlan } from '../../core/plan.js';
import { SNAPSHOTS_FOLDER } from '../../core/snapshots/snapshots.js';

/** The folder beside a host's mirrors where Holdfast keeps what it knows about them. */
export const STATE_FOLDER = '.holdfast';

/** Where the mirror of one source lies, and what lies beside it. Absolute paths on this machine. */
export interface MirrorPaths {
  /** The destination itself; it must exist before anything is written. */
  readonly base: string;
  readonly hostFolder: string;
  /** The copy: the source's entries lie directly below it. */
  readonly mirror: string;
  readonly stateFolder: string;
  readonly stateFile: string;
  /** Where rsync keeps the part of a file that it had when it was cut off; outside the mirror, so that the mirror holds the source only. */
  readonly partialFolder: string;
  /** Holds its snapshots and their records. */
  readonly snapshotFolder: string;
}

/** Throws ConfigInvalid for names that would lead out of the host's folder or into Holdfast's own. */
export function mirrorPaths(base: string, host: string, source: string): MirrorPaths {
  requireSafeNames(host, source);
  const hostFolder = join(base, host);
  const stateFolder = join(hostFolder, STATE_FOLDER);
  const name = fileNameOf(source);
  return {
    base,
    hostFolder,
    mirror: join(hostFolder, source),
    stateFolder,
    stateFile: join(stateFolder, `${name}.json`),
    partialFolder: join(stateFolder, `${name}.partial`),
    snapshotFolder: join(hostFolder, SNAPSHOTS_FOLDER, name),
  };
}

export function mirrorPathsOf(host: HostPlan, source: SourcePlan): MirrorPaths {
  return mirrorPaths(localDestinationOf(host, source).path, host.name, source.name);
}

function localDestinationOf(host: HostPlan, source: SourcePlan): LocalDestination {
  const { destination } = source;
  if (destination.type === 'local') return destination;
  throw new HoldfastError(
    'ConfigInvalid',
    `a mirror is kept in a directory, but destination ${destination.name} is of type ${destination.type}`,
    { host: host.name, source: source.name },
  );
}

function requireSafeNames(host: string, source: string): void {
  const segments = [host, ...source.split('/')];
  const unsafe = (name: string): boolean => name === '' || name === '.' || name === '..' || name.includes('\0');
  if (host.includes('/') || segments.some(unsafe) || segments[1] === STATE_FOLDER || segments[1] === SNAPSHOTS_FOLDER) {
    throw new HoldfastError('ConfigInvalid', `the mirror cannot be kept under the name ${JSON.stringify(source)}`, {
      host,
      source,
    });
  }
}

/** `home/www` → `home%2Fwww`; names too long for a file get the end replaced by a hash. */
function fileNameOf(source: string): string {
  const encoded = encodeURIComponent(source);
  if (encoded.length <= 200) return encoded;
  return `${encoded.slice(0, 160)}~${createHash('sha256').update(source).digest('hex').slice(0, 32)}`;
}
