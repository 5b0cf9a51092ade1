import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Providers } from '../../../src/activities/activity-control.js';
import { probeHost } from '../../../src/activities/hosts.js';
import { verifyHost } from '../../../src/activities/hosts/verify-host.js';
import { commitMirror } from '../../../src/activities/mirror/commit-mirror.js';
import { inspectMirror } from '../../../src/activities/mirror/inspect-mirror.js';
import { syncMirror } from '../../../src/activities/mirror/sync-mirror.js';
import { authorizedKeysLine, parsePublicKey, rsyncOnly } from '../../../src/core/ssh/authorized-keys.js';
import type { HostPlan } from '../../../src/core/plan.js';
import { SystemNetwork } from '../../../src/providers/network/system-network.js';
import { SshConfigFiles } from '../../../src/providers/remote/ssh-config-file.js';
import { sshRoute } from '../../../src/providers/remote/ssh-route.js';
import { type MirrorFixture, startMirrorFixture, testControl } from '../mirror/fixture.js';

/** A host whose sshd runs a read-only rsync for the worker's key, and nothing else: what works there, and what does not. */
let fixture: MirrorFixture;
let providers: Providers;

beforeAll(async () => {
  fixture = await startMirrorFixture();
  const keys = join(fixture.directory, 'host');
  const key = parsePublicKey(await readFile(join(keys, 'client_key.pub'), 'utf8'));
  if (key === undefined) throw new Error('no key');
  await writeFile(join(keys, 'authorized_keys'), `${authorizedKeysLine({ ...key, options: rsyncOnly('/') })}\n`);
  const configs = new SshConfigFiles(join(fixture.directory, 'ssh'), []);
  const network = { network: new SystemNetwork(), sshRouteFor: (plan: HostPlan) => sshRoute(plan, configs) };
  providers = new Proxy(fixture.providers, {
    get: (target, name) => (name in network ? Reflect.get(network, name) : Reflect.get(target, name)) as unknown,
  });
});

afterAll(() => fixture.stop());

const rsyncHost = (): HostPlan => ({ ...fixture.input().host, rsyncOnly: true });
const backUp = async () => {
  const input = { ...fixture.input(), host: rsyncHost() };
  const look = await inspectMirror(providers, testControl(), input);
  const outcome = await syncMirror(providers, testControl(), input);
  await commitMirror(providers, testControl(), { ...input, startedAtMs: Date.now(), outcome });
  return look;
};

test('a mirror is looked at, copied, looked at again and brought up to date', async () => {
  await writeFile(join(fixture.path, 'a b'), 'one');
  await mkdir(join(fixture.path, 'dir'));
  expect(await probeHost(providers, testControl(), { host: rsyncHost() })).toMatchObject({
    tools: {},
    sources: [{ source: 'data', state: 'directory' }],
  });
  await backUp();
  expect(await readFile(join(fixture.mirror, 'a b'), 'utf8')).toBe('one');
  await writeFile(join(fixture.path, 'a b'), 'two, and longer');
  await rm(join(fixture.path, 'dir'), { recursive: true });
  const look = await backUp();
  expect(look).toMatchObject({ deletions: 1, firstDeleted: ['dir'] });
  expect(await readFile(join(fixture.mirror, 'a b'), 'utf8')).toBe('two, and longer');
});

test('a source that is missing or no directory is seen before anything is copied', async () => {
  const { host, source } = fixture.input();
  await writeFile(join(fixture.directory, 'file'), '');
  const paths = { gone: join(fixture.directory, 'gone'), file: join(fixture.directory, 'file') };
  const sources = Object.entries(paths).map(([name, path]) => ({ ...source, name, path }));
  const probe = await probeHost(providers, testControl(), { host: { ...host, rsyncOnly: true, sources } });
  expect(probe.sources.map(({ state }) => state)).toEqual(['missing', 'not-directory']);
});

test('hosts verify says what it saw, and claims nothing that it could not see', async () => {
  const { checks } = await verifyHost(providers, testControl(), { host: rsyncHost() });
  const states = Object.fromEntries(checks.map(({ check, state }) => [check, state]));
  expect(states).toMatchObject({
    'host key': 'ok',
    login: 'ok',
    clock: 'not checked',
    tools: 'not checked',
    'temporary space': 'not checked',
    path: 'ok',
  });
  const known = { UserKnownHostsFile: '/dev/null' };
  const stranger = { ...rsyncHost(), ssh: { ...rsyncHost().ssh, options: known } };
  const refused = await verifyHost(providers, testControl(), { host: stranger });
  expect(refused.checks.find(({ check }) => check === 'host key')).toMatchObject({
    state: 'failed',
    type: 'HostKeyUnknown',
  });
});

test('without rsync_only the first look fails, and hosts verify names the shell', async () => {
  const { host } = fixture.input();
  await expect(probeHost(providers, testControl(), { host })).rejects.toMatchObject({ place: { host: 'web1' } });
  const { checks } = await verifyHost(providers, testControl(), { host });
  expect(checks.filter(({ state }) => state === 'failed').map(({ check }) => check)).toEqual(['shell']);
});

test('a directory that a forced command cannot hold is refused', () => {
  for (const directory of ['relative', '/a b', '/a"b', '/$(x)', '/a\nb', ''])
    expect(() => rsyncOnly(directory)).toThrow(RangeError);
  expect(rsyncOnly('/srv/data')).toBe('restrict,command="rrsync -ro /srv/data"');
});
