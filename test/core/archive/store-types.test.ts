import { describe, expect, test } from 'vitest';
import { StoreTypes } from '../../../src/core/archive/store-types.js';

describe('files that are not worth compressing', () => {
  test.each(['a.jpg', 'dir/B.JPG', 'x.tar.gz', 'a.b/c.mp4', '.hidden.zip'])('%s is one', (path) => {
    expect(new StoreTypes().has(path)).toBe(true);
  });

  test.each(['a.txt', 'jpg', 'dir.gz/file', '.gz', 'dir/.gz', 'a.gz.bak', 'a.', ''])('%s is none', (path) => {
    expect(new StoreTypes().has(path)).toBe(false);
  });

  test('a list of one’s own replaces the default one', () => {
    const own = new StoreTypes(['Dump']);
    expect(['a.dump', 'a.jpg'].map((path) => own.has(path))).toEqual([true, false]);
    expect(new StoreTypes([]).has('a.jpg')).toBe(false);
  });
});
