import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SyncMirrorResult } from '../../../src/activities/contract.js';
import { copyMirror, type MirrorCopy } from '../../../src/activities/restore/mirror-copy.js';
import { type MirrorFixture, startMirrorFixture, testControl } from './fixture.js';

/** A worker that is not root keeps owners, modes and devices in attributes (`--fake-super`), and gives them back to a host whose login is root. */

/** nobody's number; no account is needed for it. */
const WORKER = 65_534;
const PROGRAM = fileURLToPath(new URL('../../support/mirror-process.ts', import.meta.url));

let at: MirrorFixture;
let own: string;

beforeAll(async () => {
  at = await startMirrorFixture();
  own = mkdtempSync(join(tmpdir(), 'holdfast-worker-'));
  copyFileSync(at.sshd.identityFile, join(own, 'key'));
  copyFileSync(at.sshd.knownHostsFile, join(own, 'known_hosts'));
  chmodSync(join(own, 'key'), 0o600);
  for (const name of ['backup', 'state']) mkdirSync(join(own, name));
  for (const name of ['.', 'key', 'known_hosts', 'backup', 'state']) chownSync(join(own, name), WORKER, WORKER);
});
afterAll(async () => {
  await at.stop();
  rmSync(own, { recursive: true, force: true });
});

interface Said {
  readonly uid: number;
  readonly outcome: SyncMirrorResult;
  readonly commit: { readonly status: string };
  readonly changes: number;
  readonly fakeSuper: boolean;
}

async function runAsWorker(restoreTo: string): Promise<Said> {
  const { host, source, run } = at.input({
    destination: { name: 'own', type: 'local', path: join(own, 'backup') },
  });
  const ssh = {
    ...host.ssh,
    identityFile: join(own, 'key'),
    options: { UserKnownHostsFile: join(own, 'known_hosts') },
  };
  const input = { mirror: { host: { ...host, ssh }, source, run }, stateDir: join(own, 'state'), restoreTo };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', PROGRAM, JSON.stringify(input)], {
    uid: WORKER,
    gid: WORKER,
    env: { PATH: process.env['PATH'], HOME: own, TMPDIR: own },
  });
  return JSON.parse(stdout) as Said;
}

const facts = (path: string) =>
  execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P %y %m %U %G %T@ %l\\n'], { cwd: path, encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort();

test('what it keeps is what the host had: owners, modes, devices, links, ACLs and attributes, and nothing is left to do', async () => {
  const path = (name: string): string => join(at.path, name);
  writeFileSync(path('plain'), 'plain');
  writeFileSync(path('setuid'), '#!/bin/sh');
  chownSync(path('setuid'), 1234, 5678);
  chmodSync(path('setuid'), 0o4751);
  mkdirSync(path('closed'));
  writeFileSync(path('closed/inside'), 'inside');
  chownSync(path('closed'), 4321, 8765);
  chmodSync(path('closed'), 0o500);
  chmodSync(path('closed/inside'), 0o000);
  execFileSync('mknod', [path('device'), 'c', '1', '3']);
  execFileSync('ln', ['-s', 'plain', path('link')]);
  execFileSync('ln', [path('setuid'), path('second name')]);
  execFileSync('setfacl', ['-m', 'u:4242:r', path('plain')]);
  execFileSync('setfattr', ['-n', 'user.origin', '-v', 'here', path('plain')]);

  const restoreTo = join(at.directory, 'restored');
  const said = await runAsWorker(restoreTo);
  expect(said).toMatchObject({
    uid: WORKER,
    fakeSuper: true,
    changes: 0,
    commit: { status: 'ok' },
    outcome: { exitCode: 0 },
  });
  const mirror = join(own, 'backup', 'web1', 'data');
  expect(statSync(join(mirror, 'setuid'))).toMatchObject({ uid: WORKER, gid: WORKER });
  expect(statSync(join(mirror, 'setuid')).mode & 0o7000).toBe(0);
  expect(statSync(join(mirror, 'device')).isFile()).toBe(true);

  // root on the machine of the mirror gives them back as well.
  const here = join(at.directory, 'restored here');
  mkdirSync(here);
  const target = { machine: 'test', path: here, root: true, shared: false, tools: [], tarOptions: [] };
  const record = { source: at.input().source, target, mirror, fakeSuper: true } as Partial<MirrorCopy['record']>;
  const request = { overwrite: 'changed', delete: false, include: [] } as Partial<MirrorCopy['request']>;
  const copy = { spool: own, record, request, mode: 'write', onChange: () => undefined } as unknown as MirrorCopy;
  await copyMirror(at.providers, testControl(), copy);
  expect(facts(here)).toEqual(facts(at.path));

  expect(facts(restoreTo)).toEqual(facts(at.path));
  expect(statSync(join(restoreTo, 'setuid')).ino).toBe(statSync(join(restoreTo, 'second name')).ino);
  expect(statSync(join(restoreTo, 'device')).rdev).toBe(statSync(path('device')).rdev);
  for (const tool of [
    ['getfacl', '-n', 'plain'],
    ['getfattr', '-d', '-m', '-', 'plain'],
  ]) {
    const [program = '', ...words] = tool;
    const of = (cwd: string): string => execFileSync(program, words, { cwd, encoding: 'utf8' });
    expect(of(restoreTo)).toBe(of(at.path));
  }
});
