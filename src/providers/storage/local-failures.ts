import { isHoldfastError, HoldfastError } from '../../core/failures.js';
import type { FailureType } from '../../core/failures.js';

const TYPE_OF_CODE: Readonly<Record<string, FailureType>> = {
  ENOSPC: 'DestinationFull',
  EDQUOT: 'DestinationFull',
  EFBIG: 'DestinationFull',
  EACCES: 'DestinationDenied',
  EPERM: 'DestinationDenied',
  EROFS: 'DestinationDenied',
  ENOTDIR: 'DestinationInvalid',
  EISDIR: 'DestinationInvalid',
  ELOOP: 'DestinationInvalid',
  ENAMETOOLONG: 'DestinationInvalid',
  // A network file system that went away, or a dying disk: another attempt may find it well.
  EIO: 'DestinationUnreachable',
  ESTALE: 'DestinationUnreachable',
  ENODEV: 'DestinationUnreachable',
  ENXIO: 'DestinationUnreachable',
  ENOTCONN: 'DestinationUnreachable',
  EHOSTDOWN: 'DestinationUnreachable',
  EHOSTUNREACH: 'DestinationUnreachable',
  ETIMEDOUT: 'DestinationUnreachable',
};

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/** A file system's error as the catalogue names it. `doing` completes "cannot …". */
export function localFailure(error: unknown, doing: string): HoldfastError {
  if (isHoldfastError(error)) return error;
  const type = TYPE_OF_CODE[codeOf(error) ?? ''] ?? 'InternalError';
  return new HoldfastError(type, `cannot ${doing}: ${(error as Error).message}`, {}, { cause: error });
}

export const rootMissing = (root: string): HoldfastError =>
  new HoldfastError('DestinationNotFound', `the destination's directory ${root} does not exist`);

/** Runs `work`; what it throws leaves as a HoldfastError. */
export async function explained<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw localFailure(error, doing);
  }
}
