import { HoldfastError } from '../../core/failures.js';

/** Throws Cancelled when the signal has fired. `doing` completes "… was cancelled". */
export function assertNotAborted(signal: AbortSignal | undefined, doing: string): void {
  if (signal?.aborted) throw new HoldfastError('Cancelled', `${doing} was cancelled`, {}, { cause: signal.reason });
}
