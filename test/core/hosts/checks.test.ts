import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/failures.js';
import { findingChecks } from '../../../src/core/hosts/finding-checks.js';
import { sayable, statusOfChecks } from '../../../src/core/hosts/checks.js';
import { loginFailed } from '../../../src/core/hosts/login-checks.js';
import { parseFindings } from '../../../src/core/hosts/verification-findings.js';
import { parseSshRoute } from '../../../src/core/ssh/route.js';
import { sourcePlan } from '../../support/plans.js';

const ANSWERS = `clock 1795321380.123456789
sudo 0 0 rsync  version 3.2.7  protocol version 31
tool rsync rsync  version 3.2.7  protocol version 31
tool tar tar (GNU tar) 1.34
tool find find (GNU findutils) 4.9.0
tool sort sort (GNU coreutils) 9.1
tool head head (GNU coreutils) 9.1
tool zstd *** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***
tools-end
temporary 1048576 /tmp
source 0 directory
mounted 0 /srv
unreadable 0 0
looked 0
source 1 directory
listed 1 0${' '}
looked 1
program 0 yes
end
`;
const sources = [sourcePlan({ name: 'a', engine: 'archive' }), sourcePlan({ name: 'b' })];
const questions = {
  sources: [{ path: '/srv/a' }, { path: '/srv/b', rsyncPath: ['sudo', 'rsync'] }],
  rsyncPaths: [['sudo', 'rsync']],
  programs: ['sh'],
};
const judge = (text: string, broken = failure('TransferInterrupted', 'the link broke')) => {
  const findings = parseFindings(text);
  return findingChecks({
    sources,
    questions,
    findings,
    readAtMs: 1_795_321_380_000,
    roundTripMs: 10,
    ...(findings.isWhole ? {} : { broken }),
  });
};

describe('what a host answers', () => {
  test('is judged as a whole', () => {
    expect(judge(ANSWERS).map(({ check, subject, state }) => [check, subject, state])).toEqual([
      ['clock', undefined, 'ok'],
      ['sudo', undefined, 'ok'],
      ['tools', undefined, 'ok'],
      ['temporary space', undefined, 'ok'],
      ['path', 'a', 'ok'],
      ['path', 'b', 'ok'],
    ]);
  });

  test('cut off anywhere, counts as far as it came: one check carries the reason, none after it is ok', () => {
    const end = ANSWERS.indexOf('looked 1\n') + 'looked 1\n'.length;
    fc.assert(
      fc.property(fc.nat(end - 1), (at) => {
        const states = judge(ANSWERS.slice(0, at)).map(({ state }) => state);
        expect(states).toHaveLength(6);
        const failedAt = states.indexOf('failed');
        expect(failedAt).toBeGreaterThanOrEqual(0);
        expect(states.slice(0, failedAt).every((state) => state === 'ok')).toBe(true);
        expect(states.slice(failedAt + 1).every((state) => state === 'not checked')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('when it is something else, proves nothing and stays harmless', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (noise) => {
        const checks = judge(noise);
        expect(statusOfChecks(checks)).toBe('failed');
        for (const { seen } of checks) expect(seen).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
    const lies = 'tool __proto__ x\ntool constructor y\nsource 0 splendid\nsource 99999999 directory\nsudo x y\nend\n';
    expect(judge(lies)[0]).toMatchObject({ check: 'clock', state: 'failed', type: 'RemoteCommandFailed' });
  });

  test.each([
    ['clock 1795321380', 'clock 1795321500', 'clock', 'warning', /120\.1 s ahead/],
    ['unreadable 0 0', 'unreadable 0 3', 'path', 'warning', /may not read 3/],
    ['unreadable 0 0', 'empty 0', 'path', 'warning', /empty/],
    ['mounted 0 /srv', 'unmounted 0 /srv', 'path', 'warning', /nothing is mounted/],
    ['sudo 0 0 rsync', 'sudo 0 1 sudo: a password is required', 'sudo', 'failed', /password is required/],
    ['temporary 1048576 /tmp', 'temporary none', 'temporary space', 'failed', /no temporary directory/],
    ['temporary 1048576 /tmp', 'temporary 10 /tmp', 'temporary space', 'warning', /0 MiB free/],
    ['tool zstd', 'tool zs', 'tools', 'warning', /no zstd/],
    ['tool tar tar (GNU tar)', 'tool tar bsdtar', 'tools', 'failed', /tar is not the GNU one/],
    ['listed 1 0', 'listed 1 23 rsync: denied', 'path', 'failed', /by sudo cannot read/],
  ] as const)('%s → %s: %s is %s', (from, to, check, state, seen) => {
    const found = judge(ANSWERS.replace(from, to)).filter((one) => one.check === check && one.state !== 'ok');
    expect(found).toEqual([expect.objectContaining({ state, seen: expect.stringMatching(seen) as string })]);
    expect(found[0]?.action).toBeTruthy();
  });
});

test('a login that broke after the host had begun to answer leaves the verdict to its answers', () => {
  const reason = failure('TimedOut', 'too long');
  expect(loginFailed(reason, { user: 'root' }, true)).toEqual([]);
  expect(loginFailed(reason, { user: 'root' }, false).filter(({ state }) => state === 'ok')).toEqual([]);
});

test('any text is shown on one line without control characters, shortened', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
      const shown = sayable(text);
      expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
      expect(shown.length).toBeLessThan(3_100);
    }),
  );
  expect(sayable(' \u001b[31mred\u202e\n ')).toBe('\\x1b[31mred\\u202e');
});

test('the route is read from ssh -G, whatever else it prints', () => {
  const text = [
    'user backup',
    'hostname 10.0.0.7',
    'port 2222',
    'addressfamily inet',
    'hashknownhosts yes',
    'hostkeyalias none',
    'proxyjump gate.example.com',
    'identityfile ~/.ssh/id_rsa',
    'identityfile "/root/my keys/id"',
    'userknownhostsfile /a/known "/b c/known"',
    '',
  ].join('\n');
  expect(parseSshRoute(text)).toEqual({
    user: 'backup',
    hostname: '10.0.0.7',
    port: 2222,
    through: 'gate.example.com',
    addressFamily: 'inet',
    identityFiles: ['~/.ssh/id_rsa', '/root/my keys/id'],
    userKnownHostsFiles: ['/a/known', '/b c/known'],
    globalKnownHostsFiles: [],
    hashKnownHosts: true,
  });
  expect(parseSshRoute('usage: ssh …')).toBeUndefined();
});
