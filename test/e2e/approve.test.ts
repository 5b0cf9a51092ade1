import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runCli, type RunningCli, startUp, stopUp } from '../support/cli.js';
import { loginOf } from '../support/loopback-login.js';

/** Held sources as their user meets them: everything through `bin/holdfast`, against a real server, worker and host. */
let directory: string;
let host: LoopbackHost;
let up: RunningCli;
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });
const mirrored = (): Promise<string[]> => readdir(path('backup/web1/www'));

async function holdfast(...words: string[]) {
  const run = await runCli(['--config', path('holdfast.yaml'), '--json', ...words], environment());
  const documents = run.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    exit: run.exit,
    documents,
    summary: documents.at(-1) ?? {},
    stderr: run.stderr,
    said: run.stdout + run.stderr,
  };
}

const configure = (news: object = {}): Promise<void> =>
  writeFile(
    path('holdfast.yaml'),
    stringify({
      config: { backup_base: path('backup') },
      destinations: { vault: { type: 'local', path: path('vault') } },
      hosts: {
        web1: {
          ...loginOf(host),
          paths: [
            { path: path('www'), dest_subdir: 'www', ...news },
            { path: path('etc'), dest_subdir: 'etc' },
          ],
        },
      },
    }),
  );

const FILES = ['a', 'b', 'c', 'evil\u001b[2J\nname'];
const fill = async (names: readonly string[]): Promise<void> => {
  await rm(path('www'), { recursive: true, force: true });
  await mkdir(path('www'));
  for (const name of names) await writeFile(join(path('www'), name), name);
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-held-'));
  for (const name of ['sshd', 'backup', 'etc', 'vault']) await mkdir(path(name), { mode: 0o700 });
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  await configure();
  up = await startUp(environment());
});

beforeEach(async () => {
  await configure();
  await rm(path('backup/web1'), { recursive: true, force: true });
  await fill(FILES);
  const made = await holdfast('backup');
  expect(made.exit, made.stderr).toBe(0);
  await fill(['a']);
});

afterAll(async () => {
  await stopUp(up, path('state'));
  await host.stop();
  await rm(directory, { recursive: true, force: true });
});

test('a run that ended with a held source is approved by a new run of that source alone', async () => {
  const held = await holdfast('backup');
  expect(held.exit, held.stderr).toBe(4);
  expect(held.summary).toMatchObject({ status: 'held', backupsMade: 1 });
  expect(await mirrored()).toHaveLength(4);
  const run = held.summary['workflow_id'] as string;

  for (const shown of ['host/web1', run]) {
    const show = await runCli(['runs', 'show', shown], environment());
    expect(show.stdout).toContain('evil\\033[2J\\nname');
    expect(show.stdout).not.toMatch(/\u001b\[2J/);
  }

  const rejected = await holdfast('reject', run);
  expect([rejected.exit, rejected.summary]).toMatchObject([0, { message_type: 'reject', sources: [] }]);
  expect(rejected.stderr).toContain('has ended');

  const nothing = await holdfast('approve', run, 'web1:etc');
  expect([nothing.exit, nothing.said]).toMatchObject([1, expect.stringContaining('has nothing that is held')]);
  const unknown = await holdfast('approve', 'nowhere');
  expect([unknown.exit, unknown.said]).toMatchObject([1, expect.stringContaining('There is no run nowhere')]);

  // The part that makes it unique.
  const approved = await holdfast('approve', run.slice(-6), 'web1:www', '--reason', 'old releases are gone');
  expect(approved.exit, approved.stderr).toBe(0);
  expect(approved.stderr).toContain('a new run is started for web1:www');
  expect(approved.summary).toMatchObject({ plan: 'approved', status: 'ok', backupsMade: 1 });
  expect(await mirrored()).toEqual(['a']);
  const show = await runCli(['runs', 'show', 'host/web1'], environment());
  expect(show.stdout).toMatch(/note: Approved by \S+@\S+ \(old releases are gone\): 3 of 5 entries would be deleted/);
});

test('a run that waits ends when it is rejected, and goes on when it is approved', async () => {
  await configure({ hold_for: '1h' });
  const begin = async (): Promise<string> => {
    const started = await holdfast('backup', '--detach');
    const run = started.summary['workflow_id'] as string;
    for (;;) {
      const { summary } = await holdfast('runs', 'show', run);
      if ((summary['progress'] as { holds?: unknown[] } | null)?.holds !== undefined) return run;
    }
  };

  const first = await begin();
  // Its host’s run has ended: the id of either will do.
  const rejected = await holdfast('reject', 'host/web1', '--reason', 'that was a mistake');
  expect(rejected.exit, rejected.stderr).toBe(0);
  expect(rejected.summary).toMatchObject({ workflow_id: first, sources: [{ host: 'web1', source: 'www' }] });
  const ended = await holdfast('runs', 'attach', first);
  expect([ended.exit, ended.summary['status']]).toEqual([4, 'held']);
  expect(JSON.stringify(ended.summary)).toMatch(/Rejected by \S+@\S+ \(that was a mistake\)/);
  expect(await mirrored()).toHaveLength(4);

  const second = await begin();
  const approved = await holdfast('approve', second);
  expect(approved.exit, approved.stderr).toBe(0);
  const done = await holdfast('runs', 'attach', second);
  expect([done.exit, done.summary['status']]).toEqual([0, 'ok']);
  expect(await mirrored()).toEqual(['a']);
  expect(existsSync(path('backup/web1/etc'))).toBe(true);

  for (const order of [['pause'], ['resume'], ['skip', 'web1'], ['retry', 'web1']]) {
    const [word = '', ...hosts] = order;
    const refused = await holdfast('runs', word, second, ...hosts);
    expect([refused.exit, refused.said]).toMatchObject([1, expect.stringContaining('has ended')]);
  }
  const ofHost = await holdfast('runs', 'pause', 'host/web1');
  expect([ofHost.exit, ofHost.said]).toMatchObject([1, expect.stringContaining('no backup of many hosts')]);
});

test('a prune that was held goes on when it is approved, with what it held and nothing else', async () => {
  const archived = (keep: object): Promise<void> =>
    configure({ engine: 'archive', destination: 'vault', grace: 0, ...keep });
  await archived({});
  for (let number = 0; number < 5; number += 1)
    expect((await holdfast('backup', 'web1', '--source', 'www', '--full')).exit).toBe(0);
  await archived({ keep: { last: 1 } });
  const held = await holdfast('prune');
  expect([held.exit, held.summary['status']]).toEqual([4, 'held']);
  const approved = await holdfast('approve', held.summary['workflow_id'] as string, 'web1:www');
  expect(approved.exit, approved.said).toBe(0);
  expect(approved.summary).toMatchObject({ kind: 'prune', status: 'ok', destinations: [{ counts: { deleted: 4 } }] });
});
