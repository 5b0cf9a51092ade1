import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runCli, runJson, type RunningCli, startUp, stopUp } from '../support/cli.js';
import { type LoopFileSystem, mountLoopFileSystem } from '../support/loop-file-system.js';
import { loginOf } from '../support/loopback-login.js';

/** `holdfast snapshots` as a person uses it, on a real BTRFS, through `bin/holdfast`. */
let directory: string;
let volume: LoopFileSystem;
let host: LoopbackHost;
let up: RunningCli;
let daily: string;
let manual: string;
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });

const holdfast = (...words: string[]) => runJson(['--config', path('holdfast.yaml'), ...words], environment());
const plain = (...words: string[]) => runCli(['--config', path('holdfast.yaml'), ...words], environment());
const names = async (): Promise<unknown[]> =>
  (await holdfast('snapshots', 'list')).of('snapshot').map(({ name }) => name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-snapshots-'));
  volume = await mountLoopFileSystem('btrfs');
  for (const name of ['sshd', 'www', 'www/docs']) mkdirSync(path(name), { mode: 0o755 });
  writeFileSync(path('www/index'), 'www as it was\n');
  writeFileSync(path('www/docs/letter'), 'a letter\n');
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  const login = loginOf(host);
  await writeFile(
    path('holdfast.yaml'),
    stringify({
      config: { backup_base: volume.mount },
      hosts: { web1: { ...login, paths: [{ path: path('www'), dest_subdir: 'www' }] } },
      snapshots: { volume: volume.mount, schedules: [{ type: 'daily', count: 7, interval: '1d' }] },
    }),
  );
  up = await startUp(environment());
});

afterAll(async () => {
  await stopUp(up, path('state'));
  await host.stop();
  await volume.stop();
  await rm(directory, { recursive: true, force: true });
});

test('a backup makes what is due, `create` what a person asks for, `list` shows both', async () => {
  expect((await holdfast('backup')).exit).toBe(0);
  const first = await holdfast('snapshots', 'list');
  expect(first.exit, first.stderr).toBe(0);
  expect(first.of('snapshot')).toMatchObject([
    { host: 'web1', source: 'www', kind: 'daily', method: 'btrfs', status: 'ok', inUse: false, entries: 4 },
  ]);
  daily = String(first.of('snapshot')[0]?.['name']);

  writeFileSync(path('www/index'), 'www as it is now\n');
  writeFileSync(path('www/new'), 'new\n');
  expect((await holdfast('backup')).exit).toBe(0);
  expect(await names()).toEqual([daily]);
  expect((await holdfast('snapshots', 'create', 'web1:www', '--dry-run')).of('preview')).toMatchObject([
    { makes: [expect.stringMatching(/-manual$/)] },
  ]);
  expect((await holdfast('snapshots', 'create', 'web1', '--due', '--dry-run')).of('preview')).toMatchObject([
    { makes: [] },
  ]);
  expect(await names()).toEqual([daily]);
  const made = await holdfast('snapshots', 'create', 'web1:www');
  expect(made.exit, made.stderr).toBe(0);
  manual = (made.summary['sources'] as { made: { name: string }[] }[])[0]?.made[0]?.name ?? '';
  expect(await names()).toEqual([manual, daily]);
  const list = ['--config', path('holdfast.yaml'), 'snapshots', 'list', 'web1'];
  const piped = await runCli(list, { ...environment(), CI: '1' });
  expect(piped.stdout).toMatch(/^HOST +SOURCE +SNAPSHOT[\s\S]*manual .* ok +btrfs/m);
  expect((await runCli(list, { ...environment(), FORCE_COLOR: '1' })).stdout).toContain('\u001b[32mok\u001b[39m');
  expect((await plain('snapshots', 'create', 'web1:www', '--dry-run')).stdout).toContain('there already');
});

test('they are backups of their mirror, to be listed, compared and restored', async () => {
  const { summary } = await holdfast('backups', 'web1');
  expect(summary['backups']).toMatchObject([{ snapshots: [manual] }, { snapshots: [daily] }]);
  expect((await plain('backups')).stdout).toMatch(/snapshot: manual[\s\S]*snapshot: daily/);
  const files = await holdfast('files', 'web1:www', '--snapshot', daily);
  expect(files.of('file').map((file) => file['path'])).toEqual(['docs', 'index']);
  for (const command of [['diff'], ['snapshots', 'diff']]) {
    const diff = await holdfast(...command, 'web1:www', daily, manual);
    expect(diff.exit, diff.stderr).toBe(0);
    const changes = diff.of('difference').map((one) => `${String(one['change'])} ${String(one['path'])}`);
    expect(changes).toEqual(['changed ', 'changed index', 'added new']);
  }
  expect((await plain('snapshots', 'diff', 'web1:www', daily)).stdout).toMatch(
    /^~ \/index {2}\(size, mtime\)\n\+ \/new$/m,
  );

  const dry = await holdfast('snapshots', 'restore', 'web1:www', daily, '--target', path('out'), '--dry-run');
  expect(dry.summary).toMatchObject({ dryRun: true, plan: { snapshot: daily, counts: { create: 4 } } });
  const restored = await holdfast('snapshots', 'restore', 'web1:www', daily, '--target', path('out'));
  expect(restored.exit, restored.stderr).toBe(0);
  expect(readFileSync(path('out/index'), 'utf8')).toBe('www as it was\n');
  const bytes = await plain(
    'restore',
    '-H',
    'web1',
    '-s',
    'www',
    '--snapshot',
    daily,
    '--include',
    '/index',
    '--stdout',
  );
  expect(bytes).toMatchObject({ exit: 0, stdout: 'www as it was\n' });
});

test('a pinned one stays until it is unpinned, and `prune` says what would go before it goes', async () => {
  expect((await holdfast('snapshots', 'pin', 'web1:www', daily, '--reason', 'before the move')).summary).toMatchObject({
    changed: [daily],
  });
  expect((await plain('snapshots', 'list')).stdout).toContain('pinned: before the move');
  const preview = await holdfast('snapshots', 'prune', '--dry-run');
  expect(preview.of('preview').map(({ fate }) => fate)).toEqual(['stays', 'stays']);
  const named = await holdfast('snapshots', 'prune', 'web1:www', '--name', daily, '--dry-run');
  expect(named.of('preview')).toMatchObject([
    { fate: 'stays' },
    { fate: 'stays', why: expect.stringContaining('pinned') as string },
  ]);
  await holdfast('snapshots', 'prune', 'web1:www', '--name', daily);
  expect(await names()).toEqual([manual, daily]);
  expect((await holdfast('snapshots', 'unpin', 'web1:www', daily)).exit).toBe(0);
  expect((await plain('snapshots', 'prune', 'web1:www', '--name', daily, '--dry-run')).stdout).toMatch(/goes +named/);
  const pruned = await holdfast('snapshots', 'prune', 'web1:www', '--name', daily);
  expect(pruned.exit, pruned.stderr).toBe(0);
  expect(await names()).toEqual([manual]);
});

test('mistakes and damage are told with what to do', async () => {
  const unknown = await plain(
    'restore',
    '-H',
    'web1',
    '-s',
    'www',
    '--snapshot',
    `${manual}s`,
    '--target',
    path('none'),
  );
  expect(unknown.exit).toBe(1);
  expect(unknown.stdout).toContain(`did you mean "${manual}"?`);
  expect((await plain('snapshots', 'pin', 'web1:www', 'x')).exit).toBe(1);
  expect((await plain('snapshots', 'pin', 'web1', manual)).exit).toBe(2);
  expect((await plain('snapshots', 'prune', '--name', manual)).exit).toBe(2);
  expect((await plain('snapshots', 'create')).exit).toBe(2);
  expect((await plain('snapshots', 'create', 'web1', '--kind', 'Not A Kind')).exit).toBe(2);
  expect((await plain('snapshots', 'list', 'web2')).exit).toBe(2);
  expect((await plain('snapshots', 'list', 'web1:www', 'web2')).exit).toBe(2);
  const foreign = join(volume.mount, 'web1/.snapshots/www/20200101T000000Z-daily');
  mkdirSync(foreign);
  const listed = await plain('snapshots', 'list');
  expect(listed.exit).toBe(3);
  expect(listed.stderr).toContain(foreign);
  rmSync(foreign, { recursive: true });
  expect((await plain('snapshots', 'list')).exit).toBe(0);
});
