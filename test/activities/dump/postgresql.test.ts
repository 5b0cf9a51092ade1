import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { client } from '../../support/databases.js';
import type { DumpBench } from '../../support/dump-bench.js';
import { failureOf, leftIn, startDumpBench } from '../../support/dump-bench.js';
import { startPostgres, type TestPostgres } from '../../support/postgres.js';

const PASSWORD = `canary 'quote" back\\slash $HOME`;
/** A connection string’s and a file’s special characters. */
const ODD = `o'dd =na\\me/%2 ünï`;

let bench: DumpBench;
let server: TestPostgres;
beforeAll(async () => {
  [bench, server] = await Promise.all([startDumpBench(), startPostgres()]);
  await sql('postgres', 'CREATE DATABASE app', 'CREATE DATABASE gone', `CREATE DATABASE "${ODD}"`);
  await sql(
    'app',
    `CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL, at timestamptz DEFAULT now())`,
    `INSERT INTO item (name) SELECT md5(random()::text) || repeat('x', i % 100) FROM generate_series(1, 20000) i`,
    `CREATE VIEW long AS SELECT * FROM item WHERE length(name) > 100`,
  );
  await sql(ODD, 'CREATE TABLE t (a bytea)', `INSERT INTO t VALUES ('\\x00ff0a')`);
  const quoted = PASSWORD.replaceAll("'", "''");
  await sql('postgres', `CREATE ROLE dumper LOGIN SUPERUSER PASSWORD '${quoted}'`);
  // The user of the tests may go on without a password.
  const rules = join(server.directory, 'data', 'pg_hba.conf');
  writeFileSync(rules, `local all dumper scram-sha-256\nlocal all postgres peer\nlocal all all trust\n`);
  await sql('postgres', 'SELECT pg_reload_conf()');
});
afterAll(async () => {
  await bench?.stop();
  await server?.stop();
});
afterEach(async () => {
  for (const tool of ['pg_dump', 'psql', 'zstd']) await bench.replaceTool(tool, 'real');
});

const connection = () => [`--host=${server.directory}`, '--username=holdfast'];
const at = (database: string): string =>
  `--dbname=dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const sql = (database: string, ...commands: string[]): Promise<string> =>
  client('psql', [
    ...connection(),
    at(database),
    ...['--no-psqlrc', '--tuples-only', '--no-align', '--quiet', '--set=ON_ERROR_STOP=1'],
    ...commands.map((command) => `--command=${command}`),
  ]);
const contents = (database: string, table: string): Promise<string> =>
  sql(database, `SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM ${table} t`);
const dump = (news: Readonly<Record<string, unknown>> = {}) => ({
  type: 'postgresql',
  user: 'holdfast',
  socket: server.directory,
  ...news,
});

describe('a PostgreSQL server', () => {
  test('is dumped database by database, and a dropped one comes back with pg_restore', async () => {
    const before = await contents('app', 'item');
    const source = bench.dumpSource(dump());
    const { planned, written, commit } = await source.backUp();
    expect(planned).toMatchObject({ dumps: 5, plan: { level: 0, parent: null, notes: [] } });
    expect(written.map(({ fileName }) => fileName)).toEqual([
      'app.dump',
      'globals.sql',
      'gone.dump',
      `${ODD.replace('%', '%25').replace('/', '%2F')}.dump`,
      'postgres.dump',
    ]);
    expect(commit).toMatchObject({ status: 'ok', entries: 6, flaws: { count: 0 } });
    expect(commit.sourceBytes).toBe(written.reduce((sum, { rawBytes }) => sum + rawBytes, 0));

    await sql('postgres', 'DROP DATABASE app', `DROP DATABASE "${ODD}"`);
    const { plan, report } = await source.restore();
    expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
    for (const name of ['app.dump', written[3]?.fileName ?? ''])
      await client('pg_restore', [...connection(), '--create', at('postgres'), join(plan.targetPath, name)]);
    expect(await contents('app', 'item')).toBe(before);
    expect(await sql('app', `SELECT count(*) > 0 FROM long`)).toBe('t\n');
    expect(await sql(ODD, 'SELECT a FROM t')).toBe('\\x00ff0a\n');
    const globals = readFileSync(join(plan.targetPath, 'globals.sql'), 'utf8');
    expect(globals).toContain('CREATE ROLE dumper;');
  });

  test('of which one database is wanted as SQL gives that, and psql makes it anew', async () => {
    const source = bench.dumpSource(dump({ databases: 'app', format: 'plain', options: ['--exclude-table=long'] }));
    expect(source.source.name).toBe('postgresql-app');
    await source.backUp();
    const text = await source.restored('app.sql');
    expect(text.toString()).not.toContain('CREATE VIEW');
    await sql('postgres', 'CREATE DATABASE copy');
    await client('psql', [...connection(), at('copy'), '--quiet', '--set=ON_ERROR_STOP=1'], text.toString());
    expect(await contents('copy', 'item')).toBe(await contents('app', 'item'));
    await sql('postgres', 'DROP DATABASE copy');
  });

  test('may ask for a password, which no process list, plan or object shows', async () => {
    const file = bench.path('password');
    writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 });
    const source = bench.dumpSource(dump({ user: 'dumper', password: { file }, databases: 'app' }));
    expect(JSON.stringify(source.host)).not.toContain('canary');
    const seen = bench.path('seen');
    await bench.replaceTool(
      'pg_dump',
      `ps -eww -o args= >>${seen}; cat /proc/[0-9]*/cmdline >>${seen} 2>/dev/null; exec $REAL "$@"`,
    );
    const { commit } = await source.backUp();
    expect(commit.status).toBe('ok');
    expect(readFileSync(seen, 'latin1')).toContain('pg_dump');
    expect(readFileSync(seen, 'latin1')).not.toContain('canary');
    const places = [bench.vault, bench.path('state'), source.configPath];
    const found = spawnSync('grep', ['-rlaF', '--', 'canary', ...places], { encoding: 'utf8' });
    expect([found.stdout, found.status]).toEqual(['', 1]);
  });

  test('knows some users by their account: run_as', async () => {
    const source = bench.dumpSource({
      type: 'postgresql',
      socket: server.directory,
      databases: ['app'],
      run_as: 'postgres',
    });
    execFileSync('chmod', ['711', server.directory]);
    await sql('postgres', 'CREATE ROLE postgres LOGIN SUPERUSER');
    const { commit, written } = await source.backUp();
    expect([commit.status, written[0]?.remarks]).toEqual(['ok', []]);
  });
});

describe('each of these is told by its name, and leaves no backup:', () => {
  const refused = (news: Readonly<Record<string, unknown>>): Promise<unknown> =>
    failureOf(bench.dumpSource(dump(news), { dest_subdir: 'refused' }));
  afterEach(() => {
    expect(leftIn(bench, 'refused')).toEqual([]);
  });

  test('a wrong password, which the message does not repeat', async () => {
    const file = bench.path('wrong');
    writeFileSync(file, 'canary-wrong', { mode: 0o600 });
    const error = await refused({ user: 'dumper', password: { file } });
    expect(error).toMatchObject({
      type: 'DatabaseLoginFailed',
      evidence: { lines: [expect.stringMatching(/authentication failed/) as unknown] },
    });
    expect(String(error) + JSON.stringify(error)).not.toContain('canary');
    expect(await refused({ user: 'dumper' })).toMatchObject({ type: 'DatabaseLoginFailed' });
  });

  test('an unknown database', async () => {
    expect(await refused({ databases: ['app', 'nosuch'] })).toMatchObject({
      type: 'DatabaseNotFound',
      message: expect.stringContaining('"nosuch"') as string,
    });
    expect(await refused({ databases: ['nosuch'] })).toMatchObject({ type: 'DatabaseNotFound' });
  });

  test('a server that is not there', async () => {
    expect(await refused({ socket: '/nonexistent' })).toMatchObject({ type: 'DatabaseUnreachable' });
  });

  test('a password that cannot be read', async () => {
    expect(await refused({ password: { file: '/nonexistent' } })).toMatchObject({ type: 'SecretUnavailable' });
  });

  test('a host without the program', async () => {
    await bench.replaceTool('pg_dump', 'missing');
    expect(await refused({})).toMatchObject({
      type: 'ToolMissing',
      message: expect.stringContaining('pg_dump') as string,
    });
  });

  test('a program that is killed in the middle', async () => {
    await bench.replaceTool(
      'pg_dump',
      '[[ $1 == --version ]] && exec $REAL "$@"; $REAL "$@" | head -c 100000; kill -9 $$',
    );
    expect(await refused({ databases: 'app' })).toMatchObject({
      type: 'DumpFailed',
      message: expect.stringContaining('killed by signal 9') as string,
    });
  });

  test('a program that ends well and wrote something else', async () => {
    await bench.replaceTool('pg_dump', '[[ $1 == --version ]] && exec $REAL "$@"; echo hello');
    expect(await refused({ databases: 'app' })).toMatchObject({ type: 'DumpFailed' });
    await bench.replaceTool('pg_dump', '[[ $1 == --version ]] && exec $REAL "$@"; $REAL "$@" | head -n -20');
    expect(await refused({ databases: 'app', format: 'plain' })).toMatchObject({
      type: 'DumpFailed',
      message: expect.stringContaining('its end is missing') as string,
    });
  });

  test('a server that hangs up in the middle', async () => {
    const source = bench.dumpSource(dump({ databases: 'app' }), { dest_subdir: 'hung-up' });
    const planned = await source.plan();
    await bench.replaceTool(
      'pg_dump',
      `$REAL "$@" | { head -c 1000; ${TERMINATE}; cat; }; exit \${PIPESTATUS[0]}`.replace('DIR', server.directory),
    );
    // More than what is on the way in pipes.
    await sql('app', `CREATE TABLE big AS SELECT repeat(md5(i::text), 100) FROM generate_series(1, 5000) i`);
    await expect(source.write(planned, 0)).rejects.toMatchObject({ type: 'DatabaseUnreachable' });
    await sql('app', 'DROP TABLE big');
  });
});

const TERMINATE =
  'psql --host=DIR --username=holdfast --dbname=postgres --quiet --output=/dev/null ' +
  `--command="SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_dump'" >&2`;

test('a warning of the program is told, and the dump counts', async () => {
  await bench.replaceTool(
    'pg_dump',
    '[[ $1 == --version ]] || echo "pg_dump: warning: something odd" >&2; exec $REAL "$@"',
  );
  const { written, commit } = await bench.dumpSource(dump({ databases: 'app' })).backUp();
  expect([commit.status, written[0]?.remarks]).toEqual(['ok', ['pg_dump: warning: something odd']]);
});
