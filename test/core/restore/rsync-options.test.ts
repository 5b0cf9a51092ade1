import { expect, test } from 'vitest';
import { type MirrorRestoreOptions, mirrorRestoreOptions } from '../../../src/core/restore/rsync-options.js';

const options = (news: Partial<MirrorRestoreOptions> = {}): string[] =>
  mirrorRestoreOptions({
    words: ['-avz', '--delete', '--exclude', '*.tmp', '--filter=protect cache/', '--remove-source-files'],
    exclude: ['/cache/'],
    preserveOwnership: true,
    fakeSuper: false,
    overwrite: 'changed',
    delete: false,
    target: { root: true, here: true },
    ...news,
  });

test('a mirror’s filters protect the target, its other options are not for a restore', () => {
  const words = options();
  expect(words).toEqual(expect.arrayContaining(['--exclude=*.tmp', '--filter=protect cache/', '--exclude=/cache/']));
  expect(words.join(' ')).not.toMatch(/--delete|--remove-source-files|-z|--ignore/);
});

test('deletion and overwriting are what was asked for', () => {
  expect(options({ delete: true })).toContain('--delete-delay');
  expect(options({ overwrite: 'never' })).toContain('--ignore-existing');
  expect(options({ overwrite: 'always' })).toContain('--ignore-times');
});

test('a part makes room without deleting anything else', () => {
  const words = options({ makeRoom: true });
  expect(words).toContain('--force');
  expect(words.join(' ')).not.toContain('--delete');
});

test('owners kept in attributes are read on the mirror’s side only', () => {
  expect(options({ fakeSuper: true })).toEqual(expect.arrayContaining(['--fake-super', '-M--super']));
  expect(options({ fakeSuper: true, target: { root: false, here: true } })).toContain('-M--no-super');
  expect(options({ fakeSuper: true, target: { root: true, here: false } }).join(' ')).not.toContain('-M');
});
