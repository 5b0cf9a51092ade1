/** Runs both at once; the failure of one stops the other, and both have ended before it is thrown. */
export async function bothOf<A, B>(
  signal: AbortSignal,
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const watched = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      failures.push(error);
      stop.abort();
      throw error;
    });
  const results = await Promise.allSettled([watched(first(both)), watched(second(both))]);
  if (results[0].status === 'fulfilled' && results[1].status === 'fulfilled')
    return [results[0].value, results[1].value];
  throw failures[0];
}
