import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchesToRead, isDue } from '../../../src/core/verify/rotation.js';

const name = fc.string({ minLength: 1, maxLength: 60 });

test('as many rounds in a row as a share needs read each object exactly once', () => {
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: 100 }), fc.nat(10_000), (object, percent, first) => {
      const rounds = Math.ceil(100 / percent);
      const due = Array.from({ length: rounds }, (_, round) => isDue(object, percent, first + round));
      return due.filter(Boolean).length === 1;
    }),
  );
});

test('a share reads about that share of many objects, and nothing or all of them at its ends', () => {
  const names = Array.from(
    { length: 2_000 },
    (_, shard) => `shard-${String(shard).padStart(5, '0')}-1f3a9c02-1-9be1d4.tar.zst`,
  );
  const read = names.filter((object) => isDue(object, 10, 3)).length;
  expect(read).toBeGreaterThan(150);
  expect(read).toBeLessThan(250);
  expect(names.some((object) => isDue(object, 0, 0))).toBe(false);
  expect(names.every((object) => isDue(object, 100, 5))).toBe(true);
});

test('batches hold everything in order, each bounded in objects and bytes', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 6 * 1024 ** 3 }), { maxLength: 300 });
  fc.assert(
    fc.property(sizes, (list) => {
      const objects = list.map((sizeBytes, at) => ({ name: `o${at}`, sha256: '', sizeBytes }));
      const batches = batchesToRead(objects);
      expect(batches.flat()).toEqual(objects);
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(64);
        const bytes = batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        expect(batch.length === 1 || bytes <= 4 * 1024 ** 3).toBe(true);
      }
    }),
  );
});
