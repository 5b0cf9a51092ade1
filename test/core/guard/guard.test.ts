import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { approvedDoubt } from '../../../src/core/guard/approval.js';
import type { FileSystemIdentity } from '../../../src/core/scan/file-system-identity.js';
import { deletionAllowance, findDoubt, isCovered, type Doubt, type GuardInput } from '../../../src/core/guard/guard.js';

const look = (more: Partial<GuardInput>): GuardInput => ({
  previousEntries: 100,
  entries: 100,
  deletions: 0,
  firstDeleted: [],
  maxDeletePercent: 50,
  ...more,
});

const noId = ({ mountPoint, type, mounted }: FileSystemIdentity): FileSystemIdentity => ({ mountPoint, type, mounted });
const share = (type: string, mounted: string): FileSystemIdentity => ({ mountPoint: '/share', type, mounted });

describe('the guard', () => {
  test.each([
    [0, 50, undefined],
    [1, 50, undefined],
    [49, 50, undefined],
    [50, 50, undefined],
    [51, 50, 'too-many-deletions'],
    [100, 50, 'too-many-deletions'],
    [0, 0, undefined],
    [1, 0, 'too-many-deletions'],
    [100, 100, undefined],
    [101, 100, 'too-many-deletions'],
    [19, 19, undefined],
    [20, 19, 'too-many-deletions'],
    [33, 33, undefined],
  ])('%i deletions of 100 entries at a limit of %i %%: %s', (deletions, maxDeletePercent, reason) => {
    expect(findDoubt(look({ deletions, maxDeletePercent }))?.reasons[0]).toBe(reason);
  });

  test.each([
    [3, 1, undefined],
    [3, 2, 'too-many-deletions'],
    [7, 3, undefined],
    [7, 4, 'too-many-deletions'],
  ])('of %i entries %i deletions at 50 %%: %s', (previousEntries, deletions, reason) => {
    expect(findDoubt(look({ previousEntries, deletions }))?.reasons[0]).toBe(reason);
  });

  test('says how many of how many, what is allowed, and which names', () => {
    const firstDeleted = ['a', 'b', 'c', 'd'];
    expect(findDoubt(look({ deletions: 60, firstDeleted }))).toEqual({
      reasons: ['too-many-deletions'],
      deletions: 60,
      message: '60 of 100 entries would be deleted (60 %), max_delete allows 50 %: a, b, c, …',
      firstNames: firstDeleted,
    });
    expect(findDoubt(look({ previousEntries: 3, deletions: 2, firstDeleted: ['a', 'b'] }))?.message).toBe(
      '2 of 3 entries would be deleted (66.7 %), max_delete allows 50 %: a, b',
    );
  });

  test.each([
    [1, 100, 'source-empty'],
    [0, 100, 'source-empty'],
    [1, 2, 'source-empty'],
    [1, 1, undefined],
    [1, 0, undefined],
    [2, 100, undefined],
  ])('%i entries now, %i before: %s', (entries, previousEntries, reason) => {
    expect(findDoubt(look({ entries, previousEntries }))?.reasons[0]).toBe(reason);
  });

  test('an empty source is doubtful whatever may be deleted', () => {
    expect(findDoubt(look({ entries: 1, deletions: 99, maxDeletePercent: 100 }))).toMatchObject({
      reasons: ['source-empty'],
      message: 'the source is empty, the last backup had 100 entries (is its file system mounted?)',
    });
  });

  test('a first backup is never doubtful', () => {
    expect(findDoubt(look({ previousEntries: 0, entries: 0, deletions: 1000, maxDeletePercent: 0 }))).toBeUndefined();
  });

  const root: FileSystemIdentity = { mountPoint: '/', type: 'ext4', mounted: '/dev/sda1', id: 'uuid 1111-2222' };
  const data: FileSystemIdentity = { mountPoint: '/data', type: 'xfs', mounted: '/dev/sdb1', id: 'uuid 3333-4444' };

  test.each<[string, FileSystemIdentity | undefined, FileSystemIdentity | undefined, RegExp | undefined]>([
    ['the same', data, data, undefined],
    ['nothing known before', undefined, data, undefined],
    ['nothing known now', data, undefined, undefined],
    ['unmounted', data, root, /was mounted at \/data .* now the source lies on \/ .*unmounted\?$/],
    ['mounted since', root, data, /lay on \/ .* now .* is mounted at \/data$/],
    [
      'another disk at the same place',
      data,
      { ...data, id: 'uuid 5555-6666' },
      /uuid 5555-6666, .* it was .*uuid 3333-4444/,
    ],
    ['the same disk under another name', data, { ...data, mounted: '/dev/sdc1' }, undefined],
    ['a disk without UUID under another name', noId(data), { ...noId(data), mounted: '/dev/sdc1' }, undefined],
    ['UUID known on one side only', data, noId(data), undefined],
    ['ids of two kinds', data, { ...data, id: 'fsid 3333' }, undefined],
    ['another type', data, { ...data, type: 'btrfs' }, /btrfs.*xfs/],
    ['ext3 as ext4', { ...root, type: 'ext3' }, root, undefined],
    ['nfs as nfs4', share('nfs', 'nas:/a'), share('nfs4', 'nas:/a'), undefined],
    ['another share', share('nfs4', 'nas:/a'), share('nfs4', 'nas:/b'), /nas:\/b, nfs4, .* nas:\/a, nfs4/],
    ['another dataset', share('zfs', 'pool/a'), share('zfs', 'pool/b'), /pool\/b/],
    ['tmpfs after a boot', share('tmpfs', 'tmpfs'), share('tmpfs', 'tmpfs'), undefined],
    ['bind mount gone, same file system', { ...root, mountPoint: '/data' }, root, /unmounted/],
  ])('a source on another file system than last time is doubtful: %s', (_what, previous, now, message) => {
    const doubt = findDoubt(
      look({
        ...(previous === undefined ? {} : { previousFileSystem: previous }),
        ...(now === undefined ? {} : { fileSystem: now }),
      }),
    );
    if (message === undefined) expect(doubt).toBeUndefined();
    else
      expect(doubt).toMatchObject({
        reasons: ['other-file-system'],
        message: expect.stringMatching(message) as string,
      });
  });

  test('a missing marker is doubtful, at the first backup too', () => {
    const missing = look({ missingMarkers: ['.mounted', 'data/.mounted'] });
    expect(findDoubt(missing)?.message).toBe(
      '.mounted, data/.mounted of marker is not in the source (is its file system mounted?)',
    );
    expect(findDoubt({ ...missing, previousEntries: 0, entries: 0 })?.reasons).toEqual(['marker-missing']);
    expect(findDoubt(look({ missingMarkers: [] }))).toBeUndefined();
  });

  test('says all that is doubtful at once', () => {
    const all = look({ previousFileSystem: data, fileSystem: root, missingMarkers: ['.m'], entries: 1, deletions: 99 });
    expect(findDoubt(all)?.reasons).toEqual(['other-file-system', 'marker-missing', 'source-empty']);
  });

  describe('an approval', () => {
    const seen = findDoubt(look({ deletions: 80, previousFileSystem: data, fileSystem: root })) as Doubt;
    const worse: [string, Partial<Doubt>][] = [
      ['one more deletion', { deletions: 81 }],
      ['another reason', { reasons: [...seen.reasons, 'marker-missing'] }],
      ['a third file system', { fileSystem: { ...root, mountPoint: '/mnt' } }],
      ['an unknown file system', { fileSystem: undefined }],
    ];
    test('covers the same doubt, and a lesser one', () => {
      expect(isCovered(seen, approvedDoubt(seen))).toBe(true);
      expect(isCovered({ ...seen, deletions: 51 }, approvedDoubt(seen))).toBe(true);
      expect(isCovered({ ...seen, reasons: ['too-many-deletions'] }, approvedDoubt(seen))).toBe(true);
    });
    test.each(worse)('does not cover %s', (_what, news) => {
      expect(isCovered({ ...seen, ...news }, approvedDoubt(seen))).toBe(false);
    });
  });

  const entries = fc.integer({ min: 2, max: 10_000_000 });
  const percent = fc.integer({ min: 0, max: 100 });

  test('what it allows is never doubtful, one more always is', () => {
    fc.assert(
      fc.property(entries, percent, (previousEntries, maxDeletePercent) => {
        const at = look({ previousEntries, maxDeletePercent, entries: 2 });
        const allowed = deletionAllowance(at, false) as number;
        expect(findDoubt({ ...at, deletions: allowed })).toBeUndefined();
        expect(findDoubt({ ...at, deletions: allowed + 1 })?.reasons[0]).toBe('too-many-deletions');
      }),
    );
  });

  test('a higher limit never makes a doubt, more deletions never remove one', () => {
    fc.assert(
      fc.property(entries, percent, percent, fc.nat(), fc.nat(), (previousEntries, a, b, deletions, more) => {
        const at = look({ previousEntries, entries: 2, deletions, maxDeletePercent: Math.min(a, b) });
        if (findDoubt(at) === undefined) expect(findDoubt({ ...at, maxDeletePercent: Math.max(a, b) })).toBeUndefined();
        else expect(findDoubt({ ...at, deletions: deletions + more })).toBeDefined();
      }),
    );
  });

  test('approval allows what was looked at and no more, nothing is limited without a backup', () => {
    expect(deletionAllowance(look({ deletions: 80 }), true)).toBe(80);
    expect(deletionAllowance(look({ deletions: 10 }), true)).toBe(50);
    expect(deletionAllowance(look({ deletions: 80 }), false)).toBe(50);
    expect(deletionAllowance(look({ previousEntries: 0 }), false)).toBeUndefined();
  });
});
