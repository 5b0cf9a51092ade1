import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { client, startMariadb, type TestDatabase } from '../../support/databases.js';
import { failureOf, leftIn, startDumpBench, type DumpBench } from '../../support/dump-bench.js';

/** All that means something in an option file. */
const PASSWORD = `canary "quote' #;=[x] back\\slash \\n\tü`;
const ODD = 'o-dd `na\\me/%2 ü';

let bench: DumpBench;
let server: TestDatabase;
beforeAll(async () => {
  [bench, server] = await Promise.all([startDumpBench(), startMariadb()]);
  const password = PASSWORD.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  await sql(`
    CREATE DATABASE app; USE app;
    CREATE TABLE item (id INT AUTO_INCREMENT PRIMARY KEY, name TEXT CHARACTER SET utf8mb4, data BLOB) ENGINE=InnoDB;
    INSERT INTO item (name, data) SELECT CONCAT('😀', REPEAT('x', seq % 50)), UNHEX(MD5(seq)) FROM seq_1_to_5000;
    CREATE TRIGGER before_item BEFORE INSERT ON item FOR EACH ROW SET NEW.name = UPPER(NEW.name);
    CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM item WHERE id < 0;
    CREATE DATABASE \`${ODD.replaceAll('`', '``')}\`;
    CREATE TABLE \`${ODD.replaceAll('`', '``')}\`.t (a INT);
    INSERT INTO \`${ODD.replaceAll('`', '``')}\`.t VALUES (42);
    CREATE USER 'dumper'@'localhost' IDENTIFIED BY '${password}';
    GRANT ALL ON *.* TO 'dumper'@'localhost';
    CREATE USER 'reader'@'localhost' IDENTIFIED BY 'x';
    GRANT SELECT ON app.* TO 'reader'@'localhost';
  `);
  await sql('CREATE PROCEDURE app.two() SELECT 2');
});
afterAll(async () => {
  await bench?.stop();
  await server?.stop();
});
afterEach(async () => {
  for (const tool of ['mariadb-dump', 'mariadb']) await bench.replaceTool(tool, 'real');
});

const words = () => ['--no-defaults', `--socket=${server.socket}`, '--user=root', '--default-character-set=utf8mb4'];
const sql = (text: string): Promise<string> => client('mariadb', [...words(), '--batch', '--skip-column-names'], text);
const contents = (): Promise<string> =>
  sql('SELECT COUNT(*), SUM(CRC32(CONCAT(id, HEX(name), HEX(data)))) FROM app.item');
const dump = (news: Readonly<Record<string, unknown>> = {}) => ({
  type: 'mariadb',
  socket: server.socket,
  user: 'root',
  ...news,
});

describe('a MariaDB server', () => {
  test('is dumped database by database, and what was dropped comes back, users among it', async () => {
    const before = await contents();
    const source = bench.dumpSource(dump());
    const { written, commit } = await source.backUp();
    const odd = 'o-dd `na\\me%2F%252 ü.sql';
    expect(written.map(({ fileName }) => fileName)).toEqual(['app.sql', 'globals.sql', odd]);
    expect(written.flatMap(({ remarks }) => remarks)).toEqual([]);
    expect(commit).toMatchObject({ status: 'ok', entries: 4 });
    await sql(`DROP DATABASE app; DROP DATABASE \`${ODD.replaceAll('`', '``')}\`; DROP USER reader@localhost`);
    const { plan, report } = await source.restore();
    expect(report.status).toBe('ok');
    for (const name of ['app.sql', odd, 'globals.sql'])
      await client('mariadb', words(), readFileSync(join(plan.targetPath, name), 'utf8'));
    expect(await contents()).toBe(before);
    expect(await sql('CALL app.two()')).toBe('2\n');
    expect(await sql("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'app'")).toBe('1\n');
    expect(await sql("SELECT COUNT(*) FROM information_schema.events WHERE event_schema = 'app'")).toBe('1\n');
    expect(await sql(`SELECT a FROM \`${ODD.replaceAll('`', '``')}\`.t`)).toBe('42\n');
    expect(await sql('SHOW GRANTS FOR reader@localhost')).toContain('GRANT SELECT ON `app`.*');
  });

  test('asks for a password, which reaches it through a descriptor and shows nowhere', async () => {
    const file = bench.path('password');
    writeFileSync(file, PASSWORD, { mode: 0o600 });
    const source = bench.dumpSource(dump({ user: 'dumper', password: { file }, databases: ['app'] }));
    const seen = bench.path('seen');
    // Neither in an argument list nor in the environment of any process.
    await bench.replaceTool(
      'mariadb-dump',
      `cat /proc/[0-9]*/cmdline >>${seen} 2>/dev/null; cat /proc/$$/environ /proc/$PPID/environ >>${seen}; exec $REAL "$@"`,
    );
    const { commit } = await source.backUp();
    expect(commit.status).toBe('ok');
    expect(readFileSync(seen, 'latin1')).toContain('--defaults-extra-file=/dev/fd/4');
    expect(readFileSync(seen, 'latin1')).not.toContain('canary');
    expect((await source.restored('app.sql')).toString()).toMatch(/\n-- Dump completed/);
  });

  test('is reached by the programs of MySQL’s names too', async () => {
    const source = bench.dumpSource(dump({ type: 'mysql', databases: 'app', options: ['--no-data'] }));
    await source.backUp();
    const text = (await source.restored('app.sql')).toString();
    expect(text).toContain('CREATE TABLE `item`');
    expect(text).not.toContain('INSERT INTO `item`');
  });
});

describe('each of these is told by its name, and leaves no backup:', () => {
  const refused = (news: Readonly<Record<string, unknown>>): Promise<unknown> =>
    failureOf(bench.dumpSource(dump(news), { dest_subdir: 'refused' }));
  afterEach(() => {
    expect(leftIn(bench, 'refused')).toEqual([]);
  });

  test('a wrong password, an unknown database, a server that is not there', async () => {
    const file = bench.path('wrong');
    writeFileSync(file, 'canary-wrong', { mode: 0o600 });
    const error = await refused({ user: 'dumper', password: { file } });
    expect(error).toMatchObject({ type: 'DatabaseLoginFailed' });
    expect(String(error)).not.toContain('canary');
    expect(await refused({ databases: 'nosuch' })).toMatchObject({ type: 'DatabaseNotFound' });
    expect(await refused({ socket: '/nonexistent' })).toMatchObject({ type: 'DatabaseUnreachable' });
  });

  test('an output without its last line, though the program ended well', async () => {
    await bench.replaceTool('mariadb-dump', '$REAL "$@" | head -n -1');
    expect(await refused({ databases: 'app' })).toMatchObject({
      type: 'DumpFailed',
      message: expect.stringContaining('its end is missing') as string,
    });
  });

  test('a connection that is lost in the middle', async () => {
    await bench.replaceTool(
      'mariadb-dump',
      `[[ $1 == --version ]] && exec $REAL "$@"
       sleeping() { mariadb ${words().join(' ')} --batch --skip-column-names --execute="SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP%' AND id <> CONNECTION_ID()"; }
       { for n in $(seq 100); do id=$(sleeping); [ -n "$id" ] && break; sleep 0.1; done; mariadb ${words().join(' ')} --execute="KILL $id"; } >&2 &
       $REAL "$@"; status=$?; wait; exit $status`,
    );
    // A view whose reading takes long.
    await sql('CREATE TABLE app.slow (a INT); INSERT INTO app.slow VALUES (1), (2)');
    expect(await refused({ databases: 'app', options: ['--where=SLEEP(60)=0'] })).toMatchObject({
      type: 'DatabaseUnreachable',
      message: expect.stringContaining('Lost connection') as string,
    });
    await sql('DROP TABLE app.slow');
  });
});
