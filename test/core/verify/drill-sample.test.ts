import { expect, test } from 'vitest';
import { Sample } from '../../../src/core/verify/drill-sample.js';

const draw = (seed: number, items: number, of = 1_000): number[] => {
  const sample = new Sample<number>({ items, bytes: Number.POSITIVE_INFINITY }, () => 1, seed);
  for (let item = 0; item < of; item += 1) sample.offer(item);
  return sample.taken();
};

test('the same seed draws the same sample, another one another', () => {
  expect(draw(1, 10)).toEqual(draw(1, 10));
  expect(draw(1, 10)).not.toEqual(draw(2, 10));
});

test('every item is as likely as any other', () => {
  const times = new Array<number>(20).fill(0);
  for (let seed = 0; seed < 4_000; seed += 1)
    for (const item of draw(seed, 5, 20)) times[item] = (times[item] ?? 0) + 1;
  for (const count of times) {
    expect(count).toBeGreaterThan(850);
    expect(count).toBeLessThan(1_150);
  }
});

test('what is taken fits into the bytes, and what never could is not drawn', () => {
  const sample = new Sample<number>({ items: 5, bytes: 100 }, (size) => size, 1);
  for (const size of [60, 101, 50, 500, 30, 10]) sample.offer(size);
  expect(sample.seen).toBe(4);
  expect(sample.taken()).toEqual([60, 30, 10]);
});
