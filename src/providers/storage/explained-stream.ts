import { PassThrough, finished } from 'node:stream';
import type { Readable } from 'node:stream';
import { HoldfastError } from '../../core/failures.js';

const BUFFERED_BYTES = 1024 * 1024;

/** `source`'s bytes; its errors, an early end and the signal arrive as HoldfastError. Destroying the result destroys `source`. */
export function explainedStream(
  source: Readable,
  explain: (error: unknown) => HoldfastError,
  signal?: AbortSignal,
): Readable {
  const result = new PassThrough({ highWaterMark: BUFFERED_BYTES });
  const cancel = (): void => {
    result.destroy(new HoldfastError('Cancelled', 'reading was cancelled', {}, { cause: signal?.reason }));
  };
  signal?.addEventListener('abort', cancel, { once: true });
  finished(source, (error) => {
    if (error) result.destroy(explain(error));
  });
  result.once('close', () => {
    signal?.removeEventListener('abort', cancel);
    source.destroy();
  });
  if (signal?.aborted) cancel();
  return source.pipe(result);
}
