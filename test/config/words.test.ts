import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cronIntervalMs, cronMistake } from '../../src/config/cron.js';
import { editDistance, nearest } from '../../src/config/nearest.js';
import { HOSTNAME_PATTERN, SSH_USER_PATTERN } from '../../src/config/schema/ssh.js';
import { absolutePath, relativePath } from '../../src/config/schema/words.js';
import { splitWords } from '../../src/config/split-words.js';
import { sshOptionMistake } from '../../src/config/ssh-options.js';
import { durationMs, durationWord, sizeBytes, sizeWord } from '../../src/config/units.js';

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['1.5h', 5_400_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['10 m', 600_000],
  [14400, 14_400_000],
  ['', undefined],
  ['5', undefined],
  ['5min', undefined],
  ['-5m', undefined],
  ['1e3s', undefined],
])('the duration %j is %j ms', (text, expected) => {
  expect(durationMs(text)).toBe(expected);
});

test.each([
  ['128MiB', 134_217_728],
  ['1GB', 1_000_000_000],
  ['1.5KiB', 1_536],
  [100, 100],
  ['128', undefined],
  ['128M', undefined],
])('the size %j is %j bytes', (text, expected) => {
  expect(sizeBytes(text)).toBe(expected);
});

test('a duration or size that is written out reads back as the same', () => {
  fc.assert(
    fc.property(fc.nat(10_000_000), (seconds) => {
      expect(durationMs(durationWord(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
  expect(['1m', '1h', '36h', '1d', '90s', '0s'].map((word) => durationWord(durationMs(word) ?? -1))).toEqual([
    '1m',
    '1h',
    '36h',
    '1d',
    '90s',
    '0s',
  ]);
  expect([2 ** 20, 3 * 2 ** 30, 1000].map(sizeWord)).toEqual(['1MiB', '3GiB', '1000 bytes']);
});

test.each([
  ['-a  -z', ['-a', '-z']],
  [`--exclude='a b' "c\\"d" e\\ f ''`, ['--exclude=a b', 'c"d', 'e f', '']],
  [`'$(x)' $(y) \`z\` *;|&`, ['$(x)', '$(y)', '`z`', '*;|&']],
  [`"a\\b" 'a\\b' a\\\\b`, ['a\\b', 'a\\b', 'a\\b']],
  ['', []],
  ['a\\', ['a\\']],
])('%j splits into %j', (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

test('any words that are quoted come back as they were', () => {
  const quoted = (word: string) => `'${word.replaceAll("'", `'"'"'`)}'`;
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("'", '"', '\\', ' ', '\n', '$', '-', 'ü', 'a'), maxLength: 8 })),
      (words) => {
        expect(splitWords(words.map(quoted).join(' '))).toEqual(words);
      },
    ),
  );
  expect(splitWords(`a 'b`)).toEqual({ unclosed: "'" });
});

test('the nearest word is one that a slip of the keyboard explains, or none', () => {
  const keys = ['ssh_user', 'ssh_key', 'ssh_port', 'engine'];
  expect(nearest('ssh_prot', keys)).toBe('ssh_port');
  expect(nearest('SSH_USR', keys)).toBe('ssh_user');
  expect(nearest('colour', keys)).toBeUndefined();
  expect(nearest('x'.repeat(1_000_000), keys)).toBeUndefined();
});

test('distance is symmetrical, 0 for equal words only, and at most the longer length', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

const HOUR = 3_600_000;
test.each([
  ['30 2 * * *', 24 * HOUR],
  ['0 */6 * * *', 6 * HOUR],
  ['*/15 * * * *', HOUR / 4],
  ['0 22,2 * * MON-FRI', 4 * HOUR],
  ['5 0 1 * *', 24 * HOUR],
  ['50,10 * * * *', HOUR / 3],
  ['@hourly', HOUR],
  ['@monthly', 24 * HOUR],
])('%s starts at most every %i ms', (cron, intervalMs) => {
  expect(cronMistake(cron)).toBeUndefined();
  expect(cronIntervalMs(cron)).toBe(intervalMs);
});

test.each([
  '',
  '* * * *',
  '* * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * FOO *',
  '* * * * 8',
  '5-1 * * * *',
  '*/0 * * * *',
  'a * * * *',
  '1-2-3 * * * *',
  ', * * * *',
  '@fortnightly',
  'CRON_TZ=UTC * * * * *',
])('%j is no cron line', (cron) => {
  expect(cronMistake(cron)).toMatch(/ is not a .*; write /);
});

const HOSTILE = [
  '-x',
  '-oProxyCommand=x',
  'a b',
  'a\nb',
  'a\0b',
  'a;b',
  '$(x)',
  '`x`',
  "a'b",
  'a"b',
  'a|b',
  '../x',
  '',
  ' ',
  'a\u202eb',
];
test.each(HOSTILE)('%j is no host name and no user', (text) => {
  expect(HOSTNAME_PATTERN.test(text)).toBe(false);
  expect(SSH_USER_PATTERN.test(text)).toBe(false);
});

test.each([
  'server1',
  'server1.example.com',
  'a_b',
  '192.0.2.7',
  '2001:db8::7',
  'fe80::1%eth0',
  '::1',
  'xn--bcher-kva.example',
  'host.',
])('%s is an address', (text) => {
  expect(HOSTNAME_PATTERN.test(text)).toBe(true);
});

test('paths are absolute or relative, never lead elsewhere, and may hold any printable character', () => {
  const [absolute, relative] = [absolutePath(), relativePath('x')];
  for (const good of ['/', '/etc', '/etc/', '/a b/ü\'"$(x)`;/…', '/a/..b', '/a/.b'])
    expect(absolute.safeParse(good).success).toBe(true);
  for (const bad of ['etc', '~/x', '/..', '/a/../b', '/a/./b', '/a\nb', '/a\0', '/a\u202e'])
    expect(absolute.safeParse(bad).success).toBe(false);
  for (const good of ['etc', 'var/www', 'a b', '.config', 'ü']) expect(relative.safeParse(good).success).toBe(true);
  for (const bad of ['/etc', '..', 'a/..', '../a', './a', 'a//b', 'a/', '-a', '', '.holdfast', 'a/.holdfast-x', 'a\nb'])
    expect(relative.safeParse(bad).success).toBe(false);
});

test.each([
  'ProxyCommand',
  'localcommand',
  'PermitLocalCommand',
  'KnownHostsCommand',
  'Match',
  'Include',
  'RemoteCommand',
  'ForwardAgent',
  'PKCS11Provider',
  'UserName',
  'Host',
  'SendEnv',
  'ControlPath',
])('the ssh option %s is refused with a reason', (option) => {
  expect(sshOptionMistake(option, 'yes')).toMatch(/; | is refused: /);
});

test('StrictHostKeyChecking may be yes and nothing else', () => {
  expect(sshOptionMistake('StrictHostKeyChecking', true)).toBeUndefined();
  for (const value of ['no', 'off', 'accept-new', 'ask', false, 'yes # no'])
    expect(sshOptionMistake('stricthostkeychecking', value)).toBeDefined();
});
