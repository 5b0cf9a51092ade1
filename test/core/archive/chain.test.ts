import { describe, expect, test } from 'vitest';
import { findGap, misfit, optionsChange } from '../../../src/core/archive/chain.js';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import { compareBackupIds } from '../../../src/core/archive/manifest-keys.js';

const IDS = ['20261101T000000Z-0', '20261102T000000Z-1', '20261103T000000Z-2'];
const sha256 = 'a'.repeat(64);
const at = (position: number, news: Partial<Manifest> = {}): Manifest =>
  ({
    id: IDS[position],
    level: position,
    parent: position === 0 ? null : IDS[position - 1],
    chain: IDS.slice(0, position + 1),
    index: { name: 'index-t.jsonl.zst', sha256, sizeBytes: 10, lines: 1 },
    shards: [
      { name: 'shard-00000-t.tar.zst', sha256, sizeBytes: 20, number: 0, kind: 'content', rawBytes: 1, entries: 1 },
    ],
    ...news,
  }) as Manifest;

describe('a link of a chain', () => {
  test('fits where its manifest says so', () => {
    for (const position of [0, 1, 2]) expect(misfit(at(position), IDS, position)).toBeUndefined();
  });

  test.each([
    ['another id', { id: '20261109T000000Z-1' }, 'calls itself'],
    ['another level', { level: 2 }, 'says level 2'],
    ['another parent', { parent: '20261030T000000Z-0' }, 'as the one it builds on'],
    ['no parent', { parent: null }, 'no backup'],
    ['another chain', { chain: ['20261030T000000Z-0', IDS[1] as string] }, 'another chain'],
    ['a longer chain', { chain: IDS }, 'another chain'],
  ])('with %s does not fit', (_what, news, reason) => {
    expect(misfit(at(1, news as Partial<Manifest>), IDS, 1)).toContain(reason);
  });

  const whole = new Map([
    ['index-t.jsonl.zst', 10],
    ['shard-00000-t.tar.zst', 20],
  ]);
  test('is whole when index and shards are there with their sizes', () => {
    expect(findGap(at(0), whole)).toBeUndefined();
  });

  test.each([
    ['index-t.jsonl.zst', undefined, 'index-t.jsonl.zst is missing'],
    ['index-t.jsonl.zst', 9, 'index-t.jsonl.zst has 9 bytes, not 10'],
    ['shard-00000-t.tar.zst', undefined, 'shard-00000-t.tar.zst is missing'],
    ['shard-00000-t.tar.zst', 0, 'shard-00000-t.tar.zst has 0 bytes, not 20'],
  ])('has a gap when %s is of size %s', (name, size, gap) => {
    const sizes = new Map(whole);
    if (size === undefined) sizes.delete(name);
    else sizes.set(name, size);
    expect(findGap(at(0), sizes)).toBe(gap);
  });
});

describe('options', () => {
  const options = { path: '/home', exclude: ['*.o', 'cache/'] };
  test('that are the same keep the chain', () => {
    expect(optionsChange(options, { path: '/home', exclude: ['*.o', 'cache/'] })).toBeUndefined();
  });
  test.each([
    [{ path: '/srv', exclude: ['*.o', 'cache/'] }],
    [{ path: '/home', exclude: ['*.o'] }],
    [{ path: '/home', exclude: ['cache/', '*.o'] }],
    [{ path: '/home', exclude: ['*.o', 'cache/', 'x'] }],
    [{ path: '/home', exclude: ['*.o', 'cache/'], filters: { maxFileSizeBytes: 5 } }],
  ])('that are %j now start a new one', (now) => {
    expect(optionsChange(options, now)).toBeTypeOf('string');
  });

  test('with the same filters in another order keep the chain, with others they start a new one', () => {
    const before = { ...options, filters: { maxFileSizeBytes: 5, excludeIfPresent: ['.nobackup'] } };
    const now = { ...options, filters: { excludeIfPresent: ['.nobackup'], maxFileSizeBytes: 5 } };
    expect(optionsChange(before, now)).toBeUndefined();
    expect(optionsChange(before, { ...now, filters: { ...now.filters, maxFileSizeBytes: 6 } })).toContain('filters');
    expect(optionsChange(before, options)).toContain('filters');
  });

  test('with a rule that is no text are told by its bytes', () => {
    const rule = { base64: Buffer.from([0xff]).toString('base64') };
    expect(optionsChange({ path: '/', exclude: [rule] }, { path: '/', exclude: [{ ...rule }] })).toBeUndefined();
    expect(optionsChange({ path: '/', exclude: [rule] }, { path: '/', exclude: ['\u00ff'] })).toBeTypeOf('string');
  });
});

test('backup ids sort by time, whatever their level', () => {
  const ids = ['20261103T000000Z-0', '20261102T000000Z-14', '20261102T000000Z-2', '20261101T235959Z-1'];
  expect(ids.sort(compareBackupIds)).toEqual([
    '20261101T235959Z-1',
    '20261102T000000Z-2',
    '20261102T000000Z-14',
    '20261103T000000Z-0',
  ]);
});
