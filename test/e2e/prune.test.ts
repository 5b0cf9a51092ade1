import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runJson, type RunningCli, startUp, stopUp } from '../support/cli.js';
import { loginOf } from '../support/loopback-login.js';

/** Retention as its user meets it: everything through `bin/holdfast`, against a real server and worker. */
let directory: string;
let host: LoopbackHost;
let up: RunningCli;
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });
const AT = ['--host', 'web1', '--source', 'www'];

const holdfast = (...words: string[]) => runJson(['--config', path('holdfast.yaml'), ...words], environment());

const configure = (rules: Record<string, unknown>): Promise<void> =>
  writeFile(
    path('holdfast.yaml'),
    stringify({
      destinations: { vault: { type: 'local', path: path('vault') } },
      hosts: {
        web1: {
          ...loginOf(host),
          paths: [{ path: path('www'), dest_subdir: 'www', engine: 'archive', destination: 'vault', ...rules }],
        },
      },
    }),
  );

interface Listed {
  readonly id: string;
  readonly level: number;
  readonly pinned?: { readonly reason?: string };
  readonly pendingDeletion?: object;
}
async function backups(): Promise<readonly Listed[]> {
  return (await holdfast('backups')).summary['backups'] as Listed[];
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-keep-'));
  for (const name of ['sshd', 'vault', 'www']) await mkdir(path(name), { mode: 0o700 });
  await writeFile(path('www/index'), 'as it was\n');
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  await configure({});
  up = await startUp(environment());
});

afterAll(async () => {
  await stopUp(up, path('state'));
  await host.stop();
  await rm(directory, { recursive: true, force: true });
});

test('a preview, a pin, a mark, a deletion, a consolidation', async () => {
  for (let number = 0; number < 3; number += 1) expect((await holdfast('backup', '--full')).exit).toBe(0);
  const [newest, middle, oldest] = (await backups()).map(({ id }) => id) as [string, string, string];

  await configure({ keep: { last: 1 } });
  const preview = await holdfast('prune', '--dry-run');
  expect(preview.exit, preview.stderr).toBe(0);
  expect(preview.documents[0]).toMatchObject({
    backups: [
      { id: newest, fate: 'stays', why: 'minimum, last' },
      { id: middle, fate: 'marked' },
      { id: oldest, fate: 'marked' },
    ],
  });
  expect(preview.summary).toMatchObject({ dry_run: true, stays: 1, marked: 2, deleted: 0 });

  const pinned = await holdfast('backups', 'pin', oldest, ...AT, '--reason', 'before the move');
  expect(pinned.summary).toMatchObject({ changed: [oldest], pinned: true });
  expect((await holdfast('prune')).summary).toMatchObject({ status: 'ok', exit_code: 0 });
  expect(await backups()).toMatchObject([
    { id: newest },
    { pendingDeletion: {} },
    { pinned: { reason: 'before the move' } },
  ]);

  await configure({ keep: { last: 1 }, grace: 0 });
  const deleted = await holdfast('prune', 'web1');
  expect(deleted.exit, deleted.stderr).toBe(0);
  expect(deleted.summary['destinations']).toMatchObject([{ destination: 'vault', counts: { deleted: 1 } }]);
  expect((await backups()).map(({ id }) => id)).toEqual([newest, oldest]);
  expect((await holdfast('backups', 'unpin', oldest, ...AT)).exit).toBe(0);
  expect((await holdfast('backups', 'pin', '20200101T000000Z-0', ...AT)).exit).toBe(1);

  const whole = await holdfast('consolidate', ...AT);
  expect(whole.summary).toMatchObject({ exit_code: 1, failure: { type: 'ConsolidationRefused' } });
  await writeFile(path('www/index'), 'as it is now\n');
  expect((await holdfast('backup')).exit).toBe(0);
  const consolidated = await holdfast('consolidate', ...AT, '--max-dead', '100');
  expect(consolidated.exit, consolidated.stderr).toBe(0);
  expect(await backups()).toMatchObject([{ level: 0 }, { level: 1 }, { id: newest }, { id: oldest }]);
  const target = path('restored');
  expect((await holdfast('restore', ...AT, '--target', target)).exit).toBe(0);
  expect(await readFile(join(target, 'index'), 'utf8')).toBe('as it is now\n');
  expect((await holdfast('prune', '--sweep-only')).summary).toMatchObject({ status: 'ok' });
});
