import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningServer } from '../../src/client/embedded/record.js';
import { endProcess } from '../../src/client/processes.js';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runJson, type RunningCli, startUp } from '../support/cli.js';
import { client } from '../support/databases.js';
import { startPostgres, type TestPostgres } from '../support/postgres.js';
import { loginOf } from '../support/loopback-login.js';

/** Dumps and their way back into a database, through `bin/holdfast`, with the commands of docs/dumps.md. */
const HOLDFAST = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));
const PASSWORD = 'canary-e2e-77';
let directory: string;
let host: LoopbackHost;
let server: TestPostgres;
let up: RunningCli;
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });
const connection = () => [`--host=${server.directory}`, '--username=holdfast', '--dbname=postgres'];
const sql = (database: string, command: string): Promise<string> =>
  client('psql', [
    ...connection().slice(0, 2),
    `--dbname=${database}`,
    '--quiet',
    '--tuples-only',
    '--no-align',
    `--command=${command}`,
  ]);

const holdfast = (...words: string[]) => runJson(['--config', path('holdfast.yaml'), ...words], environment());

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-dumps-'));
  for (const name of ['sshd', 'vault', 'tree']) mkdirSync(path(name), { mode: 0o755 });
  [host, server] = await Promise.all([startLoopbackHost({ name: 'db1', directory: path('sshd') }), startPostgres()]);
  await sql('postgres', 'CREATE DATABASE app');
  await sql('app', `CREATE TABLE item AS SELECT i, md5(i::text) AS name FROM generate_series(1, 1000) i`);
  await sql('postgres', `CREATE ROLE dumper LOGIN SUPERUSER PASSWORD '${PASSWORD}'`);
  writeFileSync(join(server.directory, 'data', 'pg_hba.conf'), 'local all dumper scram-sha-256\nlocal all all trust\n');
  await sql('postgres', 'SELECT pg_reload_conf()');
  execFileSync('sqlite3', [path('tree/app.db'), 'CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)']);
  writeFileSync(path('password'), PASSWORD, { mode: 0o600 });
  const login = loginOf(host);
  const postgresql = {
    type: 'postgresql',
    user: 'dumper',
    socket: server.directory,
    password: { file: path('password') },
  };
  writeFileSync(
    path('holdfast.yaml'),
    stringify(
      {
        config: { destination: 'vault' },
        destinations: { vault: { type: 'local', path: path('vault') } },
        hosts: {
          db1: {
            ...login,
            paths: [
              { dump: { ...postgresql, databases: ['app'] } },
              { dump: { type: 'sqlite', file: path('tree/app.db') }, dest_subdir: 'sqlite' },
              { dump: { ...postgresql, databases: ['gone'] }, dest_subdir: 'gone' },
            ],
          },
        },
      },
      { aliasDuplicateObjects: false },
    ),
  );
  up = await startUp(environment());
});

afterAll(async () => {
  up?.kill('SIGTERM');
  await up?.ended;
  const temporal = runningServer(path('state'));
  if (temporal) await endProcess(temporal.pid, 10_000);
  await host?.stop();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

test('a run dumps what is there, names what is not, and each database comes back by one pipeline', async () => {
  const run = await holdfast('backup');
  expect([run.exit, run.summary]).toMatchObject([1, expect.anything()]);
  expect(JSON.stringify(run.summary)).toContain('DatabaseNotFound');

  const before = await sql('app', 'SELECT md5(string_agg(item::text, chr(10) ORDER BY i)) FROM item');
  await sql('postgres', 'DROP DATABASE app');
  const restore = `"$HOLDFAST" --config "$CONFIG" restore --host db1 --source`;
  const script = `set -o pipefail
${restore} postgresql-app --include /app.dump --stdout | pg_restore ${connection().join(' ')} --create
${restore} sqlite --include /app.db.sql --stdout | sqlite3 "$COPY"`;
  const piped = spawnSync('bash', ['-e', '-c', script], {
    env: { ...process.env, ...environment(), HOLDFAST, CONFIG: path('holdfast.yaml'), COPY: path('copy.db') },
    encoding: 'utf8',
  });
  expect([piped.status, piped.stderr]).toEqual([0, expect.any(String)]);
  expect(await sql('app', 'SELECT md5(string_agg(item::text, chr(10) ORDER BY i)) FROM item')).toBe(before);
  expect(execFileSync('sqlite3', [path('copy.db'), 'SELECT sum(a) FROM t'], { encoding: 'utf8' })).toBe('3\n');
});

test('the dumps are verified, drilled and listed like other backups', async () => {
  expect((await holdfast('verify', 'db1', '--source', 'sqlite', '--read-data')).exit).toBe(0);
  expect((await holdfast('drill', 'db1', '--source', 'sqlite')).exit).toBe(0);
  const { summary } = await holdfast('backups', 'db1', '--source', 'sqlite');
  expect(summary['backups']).toMatchObject([{ engine: 'archive', level: 0, status: 'ok', entries: 2 }]);
});

test('no history, log or record of the worker holds the password', () => {
  const found = spawnSync('grep', ['-rlaF', '--', PASSWORD, path('state'), path('vault'), path('holdfast.yaml')], {
    encoding: 'utf8',
  });
  expect([found.stdout, found.status]).toEqual(['', 1]);
  expect(up.stdout() + up.stderr()).not.toContain(PASSWORD);
});
