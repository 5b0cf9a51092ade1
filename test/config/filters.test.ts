import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import type { SourcePlan } from '../../src/core/plan.js';

const sourceOf = (config: string, host: string, path: string): SourcePlan | undefined =>
  parseConfig(
    `config: {backup_base: /b, ${config}}\nhosts: {h: {${host === '' ? '' : `${host}, `}paths: [{path: /p, ${path}}]}}`,
    'f',
  ).hosts[0]?.sources[0];

test('rules stand from the path out, and at each place includes before excludes', () => {
  const source = sourceOf(
    'include: [i0], exclude: [e0]',
    'exclude: [e1], include: ["- i1", "!"]',
    'exclude: ["+ e2", x], include: [i2]',
  );
  expect(source?.exclude).toEqual(['+ i2', '+ e2', 'x', '- i1', '!', 'e1', '+ i0', 'e0']);
  expect(source).not.toHaveProperty('filters');
});

test('marks add up, other filters are the nearest place’s', () => {
  const source = sourceOf(
    'exclude_if_present: [.nobackup], exclude_caches: true, max_file_size: 1GiB, one_file_system: true',
    'exclude_if_present: [.skip, .nobackup], max_file_size: 2MiB, older_than: 10m',
    'one_file_system: false, newer_than: 30d',
  );
  expect(source?.filters).toEqual({
    excludeIfPresent: ['.nobackup', '.skip'],
    excludeCaches: true,
    maxFileSizeBytes: 2 * 2 ** 20,
    newerThanMs: 30 * 86_400_000,
    olderThanMs: 600_000,
  });
});

test.each([
  ['exclude: ["+ "]', 'is no pattern'],
  ['include: ["- "]', 'is no pattern'],
  [`exclude: [${'x'.repeat(4096)}]`, 'longer than 4095 bytes'],
  ['exclude_if_present: [a/b]', 'is not a file name'],
  ['exclude_if_present: [".."]', 'is not a file name'],
  ['max_file_size: 0', 'out of range'],
  ['newer_than: soon', 'is not a duration'],
  ['newer_than: 1h, older_than: 1h', 'no file is newer than this and older than older_than'],
])('%s is a mistake', (setting, message) => {
  expect(() => sourceOf('', '', setting)).toThrow(message);
});
