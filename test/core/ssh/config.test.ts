import { expect, test } from 'vitest';
import type { HostPlan, SshSettings } from '../../../src/core/plan.js';
import { sshConfigText } from '../../../src/core/ssh/config.js';

function host(ssh: Partial<SshSettings> = {}, name = 'server1'): HostPlan {
  return { name, ssh: { options: {}, connectTimeoutSeconds: 15, ...ssh }, ignorePing: false, tags: [], sources: [] };
}

test('what protects the connection stands before whatever the plan or the user adds', () => {
  const text = sshConfigText(host({ options: { StrictHostKeyChecking: 'no', BatchMode: 'no' } }), ['/u/config']);
  const lines = text.split('\n').map((line) => line.trim());
  for (const option of ['StrictHostKeyChecking', 'BatchMode']) {
    expect(lines.find((line) => line.startsWith(`${option} `))).toBe(`${option} yes`);
  }
  expect(lines.indexOf('Include "/u/config"')).toBeGreaterThan(lines.indexOf('StrictHostKeyChecking no'));
});

test('the preferred ciphers stand behind whatever the plan or the user says of them', () => {
  const text = sshConfigText(host({ options: { Ciphers: 'aes256-ctr' } }), ['/u/config']);
  const lines = text.split('\n').map((line) => line.trim());
  const preferred = lines.findIndex((line) => line.startsWith('Ciphers ^'));
  expect(preferred).toBeGreaterThan(lines.indexOf('Ciphers aes256-ctr'));
  expect(preferred).toBeGreaterThan(lines.indexOf('Include "/u/config"'));
});

test('a plan says no more to ssh than it holds', () => {
  const text = sshConfigText(host(), []);
  expect(text).not.toMatch(/HostName|User |Port |IdentityFile|ProxyJump/);
  expect(text).toContain('Host server1\n');
  expect(sshConfigText(host({ hostname: 'db.example.com' }), [])).toContain('Host db.example.com\n');
});

test.each<[string, HostPlan]>([
  ['a second line in an option', host({ options: { SendEnv: 'A\nProxyCommand x' } })],
  ['an option that ends the block', host({ options: { Match: 'all' } })],
  ['an option that reads another file', host({ options: { include: '/x' } })],
  ['an option that is no word', host({ options: { 'A B': 'x' } })],
  ['a name like an option', host({ hostname: '-oProxyCommand=x' })],
  ['a name with a space', host({}, 'a b')],
  ['a pattern as a name', host({ hostname: '*' })],
  ['a user with a back-tick', host({ user: '`id`' })],
  ['a user like an option', host({ user: '-l' })],
  ['a key file with a quote', host({ identityFile: '/k"\n' })],
  ['a jump host with a space', host({ proxyJump: 'a b' })],
  ['a port that is none', host({ port: 0.5 })],
])('refuses %s', (_what, plan) => {
  expect(() => sshConfigText(plan, [])).toThrow(expect.objectContaining({ type: 'ConfigInvalid' }));
});
