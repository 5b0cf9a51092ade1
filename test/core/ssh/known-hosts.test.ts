import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authorizedKeysLine, parseInstallOutcome, parsePublicKey } from '../../../src/core/ssh/authorized-keys.js';
import { editedKnownHosts, judgeKeys, parseKnownHostsLine, type KnownKey } from '../../../src/core/ssh/known-hosts.js';

const key = (type: string, blob: string) => ({ type, blob, fingerprint: `SHA256:${blob}` });
const known = (type: string, blob: string, marker?: KnownKey['marker']): KnownKey => ({
  ...key(type, blob),
  file: '/f',
  line: 1,
  ...(marker === undefined ? {} : { marker }),
});

test.each([
  [[], 'new'],
  [[known('ssh-ed25519', 'AAAA')], 'known'],
  [[known('ssh-ed25519', 'BBBB')], 'changed'],
  [[known('ssh-rsa', 'BBBB')], 'new'],
  [[known('ssh-ed25519', 'BBBB'), known('ssh-ed25519', 'AAAA')], 'known'],
  [[known('ssh-ed25519', 'AAAA'), known('ssh-ed25519', 'AAAA', 'revoked')], 'revoked'],
  [[known('ssh-ed25519', 'BBBB', 'revoked')], 'new'],
  [[known('ssh-ed25519', 'BBBB', 'cert-authority')], 'new'],
] as const)('beside %j a key is %s', (recorded, state) => {
  expect(judgeKeys([key('ssh-ed25519', 'AAAA')], recorded)[0]?.state).toBe(state);
});

test('editing keeps every other line to the byte, whatever the lines are', () => {
  const line = fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((text) => text.replaceAll('\n', ' '));
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), fc.array(fc.nat(3), { maxLength: 2 }), (lines, ended, mine) => {
      const own = 'web1 ssh-ed25519 AAAA';
      const all = mine.reduce<string[]>((list, at) => [...list.slice(0, at), own, ...list.slice(at)], lines);
      const text = all.join('\n') + (ended && all.length > 0 ? '\n' : '');
      const removed = all.flatMap((one, index) => (one === own ? [index + 1] : []));
      const whole = text.split('\n');
      if (whole.at(-1) === '') whole.pop();
      const expected = [...whole.filter((one) => one !== own), 'new'].map((one) => `${one}\n`).join('');
      expect(editedKnownHosts(text, ['new'], removed)).toBe(expected);
    }),
  );
});

test('a line that stands for several names, or for a pattern, is not taken out', () => {
  for (const names of ['a,b', '*.example.com', '!a', 'web?'])
    expect(editedKnownHosts(`${names} ssh-rsa AAAA\n`, [], [1])).toBeUndefined();
  expect(editedKnownHosts('# comment\n', [], [1])).toBeUndefined();
  expect(editedKnownHosts('|1|c2FsdA==|aGFzaA== ssh-rsa AAAA\n', [], [1])).toBe('');
});

test('lines of known_hosts are read as sshd(8) has them', () => {
  expect(parseKnownHostsLine('@revoked * ssh-rsa AAAA comment')).toEqual({
    names: '*',
    type: 'ssh-rsa',
    blob: 'AAAA',
    marker: 'revoked',
  });
  for (const line of ['', '# x', 'host', 'host ssh-rsa', 'host ssh-rsa !!'])
    expect(parseKnownHostsLine(line)).toBeUndefined();
});

test('a public key is one line, and nothing in its comment can become an option or another line', () => {
  const parsed = parsePublicKey('ssh-ed25519 AAAAC3Nz command="x" me@here\n');
  expect(parsed).toEqual({ type: 'ssh-ed25519', blob: 'AAAAC3Nz', comment: 'command="x" me@here' });
  expect(authorizedKeysLine({ options: 'restrict', type: 'ssh-ed25519', blob: 'AAAA', comment: '' })).toBe(
    'restrict ssh-ed25519 AAAA',
  );
  for (const text of ['', 'AAAA', 'ssh-rsa A B\nssh-rsa C D', 'command="x" ssh-rsa AAAA'])
    expect(parsePublicKey(text)).toBeUndefined();
});

test('an installation counts only with its own words', () => {
  expect(parseInstallOutcome('lax /home/me\ninstalled /home/me/.ssh/authorized_keys\n')).toEqual({
    kind: 'installed',
    file: '/home/me/.ssh/authorized_keys',
    lax: ['/home/me'],
  });
  expect(parseInstallOutcome('refused no room\ninstalled x\n')).toMatchObject({ kind: 'refused' });
  for (const text of ['', 'done', 'installed']) expect(parseInstallOutcome(text)).toBeUndefined();
});
