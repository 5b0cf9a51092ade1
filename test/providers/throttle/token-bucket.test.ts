import { expect, test } from 'vitest';
import { TokenBucket } from '../../../src/providers/throttle/token-bucket.js';

const KIB = 1024;
const never = new AbortController().signal;

/** Moves bytes in chunks of 64 KiB and gives the seconds that it took. */
async function move(bucket: TokenBucket, bytes: number): Promise<number> {
  const startedAtMs = performance.now();
  for (let moved = 0; moved < bytes; moved += 64 * KIB) await bucket.take(64 * KIB, never);
  return (performance.now() - startedAtMs) / 1000;
}

const within20Percent = (seconds: number, expected: number): void => {
  expect(seconds).toBeGreaterThan(expected * 0.8);
  expect(seconds).toBeLessThan(expected * 1.2);
};

test('bytes pass at the rate', async () => {
  within20Percent(await move(new TokenBucket(4 * KIB * KIB), 4 * KIB * KIB), 1);
});

test('those that ask at the same time share it', async () => {
  const bucket = new TokenBucket(4 * KIB * KIB);
  const seconds = await Promise.all([move(bucket, 2 * KIB * KIB), move(bucket, 2 * KIB * KIB)]);
  for (const one of seconds) within20Percent(one, 1);
});

test('a new rate counts for those that wait already', async () => {
  const bucket = new TokenBucket(64 * KIB);
  const moving = move(bucket, 2 * KIB * KIB);
  bucket.bytesPerSecond = 4 * KIB * KIB;
  within20Percent(await moving, 0.5);
});

test('without a limit nothing waits, also when it is taken away', async () => {
  expect(await move(new TokenBucket(), 1_000 * KIB * KIB)).toBeLessThan(1);
  const bucket = new TokenBucket(KIB);
  const moving = move(bucket, 10 * KIB * KIB);
  bucket.bytesPerSecond = undefined;
  expect(await moving).toBeLessThan(1);
});

test('a pause saves up a tenth of a second, no more', async () => {
  const bucket = new TokenBucket(KIB * KIB);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await move(bucket, 640 * KIB)).toBeGreaterThan(0.4);
});

test('who is cancelled waits no longer, and takes nothing from those behind', async () => {
  const bucket = new TokenBucket(64 * KIB);
  const cancel = new AbortController();
  await bucket.take(64 * KIB, never);
  const first = bucket.take(640 * KIB, cancel.signal);
  const second = move(bucket, 64 * KIB);
  cancel.abort();
  await first;
  expect(await second).toBeLessThan(1.3);
});
