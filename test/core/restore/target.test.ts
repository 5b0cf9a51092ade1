import { expect, test } from 'vitest';
import { assertTargetAllowed, type TargetFacts } from '../../../src/core/restore/target.js';

const target = (facts: Partial<TargetFacts>): TargetFacts => ({
  path: '/srv/restore',
  machine: 'this machine',
  shared: false,
  inPlace: false,
  destinations: ['/srv/backup'],
  ...facts,
});

test.each([
  ['relative', { path: 'restore' }],
  ['a file', { type: 'other' as const }],
  ['the root of the file system', { path: '/', destinations: [] }],
  ['a directory that all users share', { path: '/tmp', type: 'directory' as const, shared: true }],
  ['where backups are kept', { path: '/srv/backup' }],
  ['above where backups are kept', { path: '/srv' }],
  ['below where backups are kept', { path: '/srv/backup/web1' }],
])('a target that is %s is refused', (_, facts) => {
  expect(() => assertTargetAllowed(target(facts))).toThrow(/cannot restore into/);
});

test.each([
  ['a missing directory', {}],
  ['an existing directory', { type: 'directory' as const }],
  ['a neighbour of the backups with a longer name', { path: '/srv/backup2' }],
  ['the source’s own path, even the root of the file system', { path: '/', inPlace: true, destinations: [] }],
])('%s is taken', (_, facts) => {
  expect(() => assertTargetAllowed(target(facts))).not.toThrow();
});
