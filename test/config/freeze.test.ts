import { expect, test } from 'vitest';
import { ConfigInvalidError, parseConfig } from '../../src/config/load.js';

const freezeOf = (written: string): unknown =>
  parseConfig(`config: {backup_base: /b}\nhosts: {h: {paths: [{path: /x, freeze: ${written}}]}}`, 'f').hosts[0]
    ?.sources[0]?.freeze;

test.each([
  ['btrfs', { kind: 'btrfs' }],
  ['zfs', { kind: 'zfs' }],
  ['lvm', { kind: 'lvm' }],
  ['{lvm: {size: 5GiB}}', { kind: 'lvm', sizeBytes: 5 * 2 ** 30 }],
  ['fsfreeze', { kind: 'fsfreeze', maxMs: 300_000 }],
  ['{fsfreeze: {max: 90s}}', { kind: 'fsfreeze', maxMs: 90_000 }],
  ['none', undefined],
])('freeze: %s', (written, plan) => {
  expect(freezeOf(written)).toEqual(plan);
});

test('a path may take back what its host or the whole configuration asks for', () => {
  const { hosts } = parseConfig(
    'config: {backup_base: /b, freeze: btrfs}\nhosts: {h: {paths: [{path: /x}, {path: /y, freeze: none}]}}',
    'f',
  );
  expect(hosts[0]?.sources.map(({ freeze }) => freeze?.kind)).toEqual(['btrfs', undefined]);
});

test.each([
  'lvmsnap',
  '{lvm: {size: 1KiB}}',
  '{fsfreeze: {max: 2h}}',
  '{btrfs: {}}',
  '{lvm: {size: 1GiB}, zfs: {}}',
  '7',
])('freeze: %s is a mistake that says what to write', (written) => {
  expect(() => freezeOf(written)).toThrow(ConfigInvalidError);
  try {
    freezeOf(written);
  } catch (error) {
    expect(String(error)).toMatch(/write (btrfs, lvm, zfs, fsfreeze or none|1MiB to|1s to)|not known here/);
  }
});
