import { textOf } from './entry.js';
import { HoldfastError } from '../failures.js';

/**
 * Why a path of an index must not be used below a target, or undefined when it is safe by itself: relative, no `..`, no empty or
 * `.` segment, no NUL. '' is the target itself. Whether it lies below a symbolic link is `RestorePlanner`' business.
 */
export function pathProblem(path: string): string | undefined {
  if (path === '') return undefined;
  if (path.includes('\0')) return 'it holds a NUL byte';
  if (path.startsWith('/')) return 'it is absolute';
  for (const segment of path.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment === '.' || segment === '..') return `it has a "${segment}" segment`;
  }
  return undefined;
}

/** Throws UnsafePath when `pathProblem` finds one. */
export function assertSafePath(path: string): void {
  const problem = pathProblem(path);
  if (problem) throw unsafePath(path, problem);
}

export function unsafePath(path: string, problem: string): HoldfastError {
  return new HoldfastError('UnsafePath', `the backup's index names "${textOf(path)}", which is refused: ${problem}`);
}
