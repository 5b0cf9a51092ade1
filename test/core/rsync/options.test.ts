import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type MirrorOptions,
  mergeRsyncOptions,
  needsProtectedArguments,
  refusedRsyncOption,
  refusedRsyncOptions,
  rsyncOperands,
} from '../../../src/core/rsync/options.js';

const DEFAULTS = ['-a', '-H', '-A', '-X', '--numeric-ids', '--modify-window=-1', '--timeout=600'];
const PARTIAL = '--partial-dir=/b/h/.holdfast/etc.partial';

const base: MirrorOptions = {
  words: [],
  exclude: [],
  preserveOwnership: true,
  workerIsRoot: true,
  partialFolder: '/b/h/.holdfast/etc.partial',
};
const merge = (words: string, more: Partial<MirrorOptions> = {}) =>
  mergeRsyncOptions({ ...base, words: words.split(' ').filter((word) => word !== ''), ...more });

describe('merging options', () => {
  test('without a configuration the defaults keep everything and delete last', () => {
    expect(merge('').words).toEqual([...DEFAULTS, '--delete-delay', PARTIAL]);
  });

  test('the words of the issue come to a mirror whose figures stay readable', () => {
    const merged = merge('-avz --delete --numeric-ids --stats --human-readable');
    expect(merged.words).toEqual([...DEFAULTS, '-a', '--compress', '--numeric-ids', '--delete-delay', PARTIAL]);
    expect(merged).toMatchObject({ deletes: true, fakeSuper: false, notes: [] });
  });

  test.each([
    ['-v', ''],
    ['-vvv', ''],
    ['-h', ''],
    ['-hh', ''],
    ['--human-readable', ''],
    ['--no-h', ''],
    ['--progress', ''],
    ['-P', ''],
    ['--info=none', ''],
    ['--info progress2', ''],
    ['--debug=all', ''],
    ['-q', ''],
    ['--out-format=%n', ''],
    ['--log-format=%n', ''],
    ['-i', ''],
    ['-8', ''],
    ['--stats', ''],
    ['--stderr=all', ''],
    ['--outbuf=N', ''],
    ['--partial', ''],
    ['--partial-dir=.p', ''],
    ['--partial-dir .p', ''],
    ['-s', ''],
    ['-z', '--compress'],
    ['-zz', '--compress --compress'],
    ['-avzPh', '-a --compress'],
    ['-rlptgoD', '--recursive --links --perms --times --group --owner -D'],
    ['--no-p --no-A', '--no-perms --no-acls'],
    ['--no-perms', '--no-perms'],
    ['-xx', '--one-file-system --one-file-system'],
    ['--modify-window=2', '--modify-window=2'],
    ['-@2', '--modify-window=2'],
    ['-@ 2', '--modify-window=2'],
    ['--timeout 30', '--timeout=30'],
    ['--bwlimit=5m', '--bwlimit=5m'],
    ['-zB8192', '--compress --block-size=8192'],
    ['-f-_*.o', '--filter=-_*.o'],
    ['--filter=-_*.o', '--filter=-_*.o'],
    ['--exclude *.o --include=a', '--exclude=*.o --include=a'],
    ['-F', '-F'],
    ['--some-future-option=1', '--some-future-option=1'],
    ['--chmod=D755', '--chmod=D755'],
    ['--no-inc-recursive', '--no-inc-recursive'],
    ['--no-i-r', '--no-inc-recursive'],
    ['--cc=md5', '--checksum-choice=md5'],
  ])('%s is passed on as "%s"', (given, passed) => {
    const expected = passed === '' ? [] : passed.split(' ');
    expect(merge(given).words).toEqual([...DEFAULTS, ...expected, '--delete-delay', PARTIAL]);
  });

  test.each([
    '--delete',
    '--del',
    '--delete-before',
    '--delete-during',
    '--delete-after',
    '--delete-delay',
    '-a --no-delete --delete',
    '--delete-before --delete-after',
  ])('%s deletes once everything has arrived', (given) => {
    const { words, deletes } = merge(given);
    expect(deletes).toBe(true);
    expect(words.filter((word) => word.startsWith('--del'))).toEqual(['--delete-delay']);
  });

  test.each(['--no-delete', '--delete --no-delete', '--delete-excluded --no-delete'])('%s deletes nothing', (given) => {
    const { words, deletes } = merge(given);
    expect(deletes).toBe(false);
    expect(words.some((word) => word.includes('delete'))).toBe(false);
  });

  test('--delete-excluded is kept, and waits like other deletions', () => {
    expect(merge('--delete-excluded').words).toEqual([...DEFAULTS, '--delete-excluded', '--delete-delay', PARTIAL]);
  });

  test('ownership that is not wanted is turned off after the configuration turned it on', () => {
    const { words, fakeSuper } = merge('-a -og', { preserveOwnership: false, workerIsRoot: false });
    expect(words.slice(-4)).toEqual(['--no-owner', '--no-group', '--delete-delay', PARTIAL]);
    expect(fakeSuper).toBe(false);
  });

  test('a worker that is not root keeps ownership in attributes', () => {
    expect(merge('', { workerIsRoot: false })).toMatchObject({ fakeSuper: true });
    expect(merge('', { workerIsRoot: false }).words).toContain('--fake-super');
    expect(merge('--fake-super').fakeSuper).toBe(true);
  });

  test('options that rsync counts replace the defaults instead of adding to them', () => {
    expect(merge('-aHAX').words.filter((word) => /^-X|^--xattrs|^-H|^--hard/.test(word))).toEqual([
      '--hard-links',
      '--xattrs',
    ]);
    expect(merge('-XX').words.filter((word) => /^-X|^--xattrs/.test(word))).toEqual(['--xattrs', '--xattrs']);
    expect(merge('--no-H').words.filter((word) => /hard-links|^-H/.test(word))).toEqual(['--no-hard-links']);
  });

  test('files are written in place where that shares blocks, never under names that snapshots have, and as the words say', () => {
    const inPlace = (words: string, how?: 'wanted' | 'forbidden') => {
      const merged = merge(words, how === undefined ? {} : { inPlace: how });
      expect(merged.words.includes('--inplace')).toBe(merged.inPlace);
      expect(merged.words.some((word) => word.startsWith('--partial'))).toBe(
        !merged.inPlace && !words.includes('delay-updates'),
      );
      return merged.inPlace;
    };
    expect([inPlace(''), inPlace('', 'wanted'), inPlace('', 'forbidden')]).toEqual([false, true, false]);
    expect([inPlace('--inplace'), inPlace('--inplace', 'forbidden')]).toEqual([true, false]);
    expect(merge('--inplace', { inPlace: 'forbidden' }).notes).toEqual([
      'rsync option --inplace: left out, since snapshots of this mirror are made of hard links',
    ]);
    expect(inPlace('-W', 'wanted')).toBe(false);
    expect(inPlace('--delay-updates', 'wanted')).toBe(false);
    expect(merge('--inplace --no-inplace', { inPlace: 'wanted' }).inPlace).toBe(false);
  });

  test('holes are kept where there are any, unless the words say otherwise', () => {
    expect(merge('').words).not.toContain('--sparse');
    const { words } = merge('--no-S', { sparse: true });
    expect(words.indexOf('--sparse')).toBeLessThan(words.indexOf('--no-sparse'));
  });

  test('how rsync is called on the host is said once, after whatever the words say of it', () => {
    const { words } = merge('--rsync-path=rsync3', { rsyncPath: 'sudo rsync' });
    expect(words.filter((word) => word.startsWith('--rsync-path')).at(-1)).toBe('--rsync-path=sudo rsync');
  });

  test('-4 and -6 are ssh’s to know, which is said', () => {
    expect(merge('-4').words).toEqual(merge('').words);
    expect(merge('-4 -6').notes.join()).toMatch(/AddressFamily: inet.*AddressFamily: inet6/);
  });

  test('what keeps unfinished content elsewhere goes without our folder for it', () => {
    expect(merge('--inplace').words.some((word) => word.startsWith('--partial'))).toBe(false);
    expect(merge('--delay-updates').words.some((word) => word.startsWith('--partial'))).toBe(false);
    expect(merge('--inplace --no-inplace').words).toContain(PARTIAL);
  });

  test('patterns follow the options, whatever they look like', () => {
    const { words } = merge('--include=a', { exclude: ['*.tmp', '-n', '- x'], excludeFile: '/e x' });
    expect(words.slice(-4)).toEqual(['--exclude=*.tmp', '--exclude=-n', '--exclude=- x', '--exclude-from=/e x']);
  });

  test('what other filters leave out stands before all rules, or after the one that forgets all before it', () => {
    const rules = { exclude: ['*.tmp'], excludeFile: '/e' };
    const { words } = merge('--include=a', { ...rules, leftOut: { file: '/l', holdsRules: false } });
    const wanted = ['--exclude-from=/l', '--include=a', '--exclude=*.tmp', '--exclude-from=/e'];
    expect(words.filter((word) => wanted.includes(word))).toEqual(wanted);
    const forgetting = merge('--include=a', { ...rules, leftOut: { file: '/l', holdsRules: true } }).words;
    expect(forgetting.slice(-2)).toEqual(['--exclude=!', '--exclude-from=/l']);
    expect(forgetting).not.toContain('--exclude=*.tmp');
  });

  test('one file system is said once, since said twice it means something else', () => {
    expect(merge('', { oneFileSystem: true }).words).toContain('--one-file-system');
    expect(merge('-x', { oneFileSystem: true }).words.filter((word) => word.includes('one-file-system'))).toHaveLength(
      1,
    );
    expect(merge('', { oneFileSystem: false }).words).not.toContain('--one-file-system');
  });

  test('options that weaken a backup are said', () => {
    expect(merge('--size-only --no-size-only -u').notes).toEqual([
      'rsync option --update: files that went back in time on the host stay as they are in the mirror',
    ]);
  });

  test('whatever the words, ours come through: no output option of the configuration, one kind of deletion at most', () => {
    const cluster = fc
      .array(fc.constantFrom(...'avzhPHqi8sxuSWF'.split('')), { minLength: 1 })
      .map((letters) => `-${letters.join('')}`);
    const long = fc.constantFrom('--delete', '--del', '--stats', '--info=all', '--no-h', '--inplace', '--no-delete');
    fc.assert(
      fc.property(fc.array(fc.oneof(cluster, long)), (given) => {
        const { words } = mergeRsyncOptions({ ...base, words: given });
        const counted = given.some((word) => /^-[a-zA-Z0-9]*H/.test(word)) ? ['-H'] : [];
        const kept = DEFAULTS.filter((word) => !counted.includes(word));
        expect(words.slice(0, kept.length)).toEqual(kept);
        expect(words.every((word) => word.startsWith('-'))).toBe(true);
        expect(words.filter((word) => /^--(info|stats|human|verbose|quiet|progress|itemize)/.test(word))).toEqual([]);
        expect(words.filter((word) => word.startsWith('--delete')).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('operands', () => {
  test('stand behind -- and end in a slash', () => {
    expect(rsyncOperands('u@h', '/etc', '/b/h/etc')).toEqual(['--', 'u@h:/etc/', '/b/h/etc/']);
    expect(rsyncOperands('h', '/', '/b/h/root')).toEqual(['--', 'h:/', '/b/h/root/']);
  });

  test('wildcards in a source’s name stand for themselves', () => {
    expect(rsyncOperands('h', '/a*b/[x]?', '/m')[1]).toBe('h:/a\\*b/\\[x\\]\\?/');
    expect(rsyncOperands('h', '/back\\slash', '/m')[1]).toBe('h:/back\\slash/');
  });

  test.each([
    ['/plain', false],
    ['/with space', false],
    ['/a*b', false],
    ['/back\\slash', false],
    ['/back\\slash*', true],
    ['/new\nline', true],
  ])('%j goes around the host’s shell: %s', (path, expected) => {
    expect(needsProtectedArguments(path)).toBe(expected);
    expect(rsyncOperands('h', '/a\\*', '/m')[1]).toBe('h:/a\\\\\\*/');
  });
});

describe('refused options', () => {
  test.each([
    '-e',
    '-essh',
    '-avze',
    '-avzessh',
    '--rsh=ssh',
    '--rsh',
    '--daemon',
    '--server',
    '--sender',
    '--ignore-errors',
    '--ignore-missing-args',
    '--delete-missing-args',
    '--remove-source-files',
    '--remove-sent-files',
    '--files-from=x',
    '--write-batch=x',
    '--only-write-batch=x',
    '--read-batch=x',
    '--old-args',
    '--trust-sender',
    '--insecure-links',
    '-K',
    '-n',
    '-an',
    '--dry-run',
    '--list-only',
    '--log-file=x',
    '-M--fake-super',
    '-M',
    '--remote-option=-n',
    '--max-delete=1',
    '-R',
    '-avR',
    '-d',
    '-b',
    '--backup-dir=x',
    '--link-dest=x',
    '--compare-dest=x',
    '--append',
    '--append-verify',
    '--write-devices',
    '--stop-after=1',
    '--time-limit=1',
    '--no-recursive',
    '--no-r',
    '--no-secluded-args',
    '--no-s',
    '--no-protect-args',
    '--version',
    '-V',
    '--help',
    '--rsync-path',
    '--rsync-path=rsync; id',
    '--rsync-path=$(id)',
    '--rsync-path=sudo rsync --x',
    '--rsync-path=sudo -i rsync',
    '--rsync-path=/bin/sh',
    '--rsync-path=sudo sh -c rsync',
    '--rsync-path=rsync\nid',
    '--rsync-path=~/rsync',
    '--exclude-from=-',
    '--password-file=/etc/shadow',
    '--config=x',
  ])('%s is refused with a reason', (word) => {
    expect(refusedRsyncOption(word)).toMatch(/^[a-zA-Z`].{10,}$/s);
  });

  test.each([
    '-avz',
    '-aHAX',
    '-z',
    '-h',
    '--delete',
    '--delete-excluded',
    '--no-dry-run',
    '--no-old-args',
    '--inplace',
    '--no-inplace',
    '--no-whole-file',
    '--rsync-path=rsync',
    '--rsync-path=/usr/local/bin/rsync',
    '--rsync-path=/opt/rsync-3.4/rsync3',
    '--rsync-path=sudo rsync',
    '--rsync-path=sudo -n rsync',
    '--rsync-path=sudo -n -u backup /usr/bin/rsync',
    '--rsync-path=/usr/bin/sudo /usr/bin/rsync',
    '--rsync-path=doas rsync',
    '--bwlimit=100',
    '--exclude=-e',
    '-f- -n',
    '-T/tmp/never',
    '--constructor',
    '--toString',
    'value-of-the-word-before',
  ])('%s is passed on', (word) => {
    expect(refusedRsyncOption(word)).toBeUndefined();
  });

  test('values in words of their own are seen, and words that are no options', () => {
    expect(refusedRsyncOptions(['-e', 'sh -c id']).map(({ word }) => word)).toEqual(['-e sh -c id']);
    expect(refusedRsyncOptions(['--exclude', '-e', '-avf', '-n', '--rsync-path', 'sudo rsync'])).toEqual([]);
    expect(refusedRsyncOptions(['-z', '--timeout'])).toEqual([{ word: '--timeout', reason: 'its value is missing' }]);
    expect(refusedRsyncOptions(['-av', '/etc', '--', '-']).map(({ word }) => word)).toEqual(['/etc', '--', '-']);
  });

  test('no cluster hides a refused letter', () => {
    const harmless = fc.array(fc.constantFrom(...'avzhHAXrlptgoDWxSuc'.split('')));
    fc.assert(
      fc.property(harmless, fc.constantFrom(...'enKRbdMV'.split('')), fc.string(), (before, letter, rest) => {
        expect(refusedRsyncOption(`-${before.join('')}${letter}${rest}`)).toBeDefined();
      }),
    );
  });
});
