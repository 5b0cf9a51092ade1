import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import type { HookOutcome } from '../../src/workflows/messages.js';
import { runCli, runJson, type RunningCli, startUp, stopUp } from '../support/cli.js';
import { loginOf } from '../support/loopback-login.js';

/** Hooks of a run, a host, a source and a restore, through `bin/holdfast` and a real sshd. */
let directory: string;
let host: LoopbackHost;
let up: RunningCli;
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });

const holdfast = (...words: string[]) => runJson(['--config', path('holdfast.yaml'), ...words], environment());

/** Each hook writes a line: its event, its source, how what it stands after ended, where a restore writes to. */
const log = async (): Promise<string[]> =>
  (await readFile(path('log'), 'utf8')).split('\n').filter((line) => line !== '');

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-hooked-'));
  for (const name of ['sshd', 'mirrors', 'www', 'scripts']) await mkdir(path(name), { mode: 0o700 });
  await writeFile(path('www/index'), 'www as it was\n');
  const line = '"$HOLDFAST_HOOK|$HOLDFAST_SOURCE|$HOLDFAST_STATUS|$HOLDFAST_TARGET_PATH"';
  await writeFile(path('scripts/note.sh'), `echo ${line} >>'${path('log')}'\n`);
  // The application that must not run while its files are written.
  await writeFile(
    path('scripts/switch'),
    `#!/bin/sh -eu
echo ${line} >>'${path('log')}'
case $HOLDFAST_HOOK in before_restore) rm '${path('running')}' ;; *) touch '${path('running')}' ;; esac
`,
  );
  await writeFile(path('scripts/refuse'), `test ! -e '${path('refusal')}' || { echo 'not today'; exit 9; }\n`);
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  await writeFile(
    path('holdfast.yaml'),
    stringify({
      config: {
        backup_base: path('mirrors'),
        scripts_dir: path('scripts'),
        hooks: [
          { on: ['before_run', 'after_run', 'on_error'], run: 'note' },
          { on: 'after_restore', run: 'note', where: 'worker' },
        ],
      },
      hosts: {
        web1: {
          ...loginOf(host),
          hooks: [{ on: ['before_host', 'after_host'], run: 'note' }],
          paths: [
            {
              path: path('www'),
              dest_subdir: 'www',
              hooks: [
                { on: 'before_source', run: 'refuse' },
                { on: ['before_source', 'after_source', 'on_error'], run: 'note' },
                { on: ['before_restore', 'after_restore'], run: 'switch' },
              ],
            },
          ],
        },
      },
    }),
  );
  up = await startUp(environment());
});

beforeEach(async () => {
  await writeFile(path('log'), '');
  await writeFile(path('running'), '');
});

afterAll(async () => {
  await stopUp(up, path('state'));
  await host.stop();
  await rm(directory, { recursive: true, force: true });
});

test('a backup runs its hooks from the outside in and out again, and its report names them', async () => {
  const { exit, summary } = await holdfast('backup');
  expect(exit).toBe(0);
  expect(await log()).toEqual([
    'before_run|||',
    'before_host|||',
    'before_source|www||',
    'after_source|www|ok|',
    'after_host||ok|',
    'after_run||ok|',
  ]);
  expect((summary['hooks'] as HookOutcome[]).map(({ on, name }) => `${on} ${name}`)).toEqual([
    'before_run note',
    'after_run note',
  ]);
  const shown = await runCli(['--config', path('holdfast.yaml'), 'runs', 'show', 'host/web1'], environment());
  expect(shown.stdout).toMatch(/^ {2}before_source hook refuse on the host: ended well in /m);
  expect(shown.stdout).toMatch(/^after_host hook note on the host: ended well in /m);
});

test('a hook that refuses keeps the source from being backed up, and says why', async () => {
  await writeFile(path('refusal'), '');
  const { exit, summary } = await holdfast('backup');
  await rm(path('refusal'));
  expect(exit).toBe(1);
  expect(JSON.stringify(summary['hosts'])).toContain('the before_source hook refuse ended with status 9: not today');
  expect(await log()).toEqual([
    'before_run|||',
    'before_host|||',
    'after_source|www|failed|',
    'on_error|www|failed|',
    'after_host||failed|',
    'after_run||failed|',
    'on_error||failed|',
  ]);
});

test('a restore stops what uses its target, and starts it again when the files are there', async () => {
  const { exit, summary } = await holdfast('restore', '-H', 'web1', '-s', 'www', '--to', `web1:${path('back')}`);
  expect(exit).toBe(0);
  expect(await readFile(path('back/index'), 'utf8')).toBe('www as it was\n');
  expect(await log()).toEqual([
    `before_restore|www||${path('back')}`,
    `after_restore|www|ok|${path('back')}`,
    `after_restore|www|ok|${path('back')}`,
  ]);
  expect(existsSync(path('running'))).toBe(true);
  expect((summary['hooks'] as HookOutcome[]).map(({ on, name, where }) => `${on} ${name} ${where}`)).toEqual([
    'before_restore switch host',
    'after_restore switch host',
    'after_restore note worker',
  ]);
});

test('a restore whose hook fails writes nothing, and what was to be ended is ended', async () => {
  await rm(path('running'));
  const { exit, summary } = await holdfast('restore', '-H', 'web1', '-s', 'www', '--to', `web1:${path('never')}`);
  expect(exit).toBe(1);
  expect(summary['failure']).toMatchObject({ type: 'HookFailed' });
  expect(existsSync(path('never'))).toBe(false);
  expect(existsSync(path('running'))).toBe(true);
});

test('a restore into a directory of this machine stops nothing on the host, and says so', async () => {
  const { exit, summary } = await holdfast('restore', '-H', 'web1', '-s', 'www', '--target', path('here'));
  expect(exit).toBe(0);
  expect(await log()).toEqual([`after_restore|www|ok|${path('here')}`]);
  expect(summary['notes']).toEqual([
    'The before_restore hook switch did not run: the restore writes to no host.',
    'The after_restore hook switch did not run: the restore writes to no host.',
  ]);
});

test('a drill and a dry run run no hooks', async () => {
  expect((await holdfast('drill', 'web1')).exit).toBe(0);
  expect((await holdfast('backup', '--dry-run')).exit).toBe(0);
  expect(await log()).toEqual([]);
});
