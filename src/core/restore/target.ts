import { HoldfastError } from '../failures.js';
import { contains } from './frames.js';

export interface TargetFacts {
  /** Resolved, absolute. */
  readonly path: string;
  readonly machine: string;
  /** Undefined: does not exist yet. */
  readonly type?: 'directory' | 'other';
  /** Everyone may write into it, as into /tmp. */
  readonly shared: boolean;
  /** The source's own path on its own host: restoring in place. */
  readonly inPlace: boolean;
  /** Directories of the same machine that hold backups. */
  readonly destinations: readonly string[];
}

/** Throws RestoreTargetInvalid for targets where a slip of the pen would hurt: no restore to them is meant in earnest. */
export function assertTargetAllowed(target: TargetFacts): void {
  const refuse = (why: string): never => {
    throw new HoldfastError('RestoreTargetInvalid', `cannot restore into ${target.path} on ${target.machine}: ${why}`);
  };
  if (!target.path.startsWith('/')) refuse('the path is not absolute');
  if (target.type === 'other') refuse('it is not a directory');
  for (const destination of target.destinations) {
    if (contains(target.path === '/' ? '' : target.path, destination) || contains(destination, target.path)) {
      refuse(`backups are kept in ${destination}`);
    }
  }
  if (target.inPlace) return;
  if (target.path === '/') refuse('it is the root of the file system; name a directory in it');
  if (target.shared) refuse('it is a directory that all users share; name a directory in it');
}
