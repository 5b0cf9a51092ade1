import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dumpFileName, dumpTasks, type DumpPart, type DumpPlan } from '../../../src/core/dump/dump.js';
import { dumpCommand, listCommand } from '../../../src/core/dump/commands.js';
import { endsProblem, failureTypeOf, readDatabases, remarksIn } from '../../../src/core/dump/outcome.js';
import { dumpScript, lookScript } from '../../../src/core/dump/script.js';
import { probeBody } from '../../../src/core/ssh/probe.js';

const plan = (news: Partial<DumpPlan> & Pick<DumpPlan, 'type'>): DumpPlan => ({ globals: false, options: [], ...news });
const ALL: DumpPart = { kind: 'all' };
const of = (database: string): DumpPart => ({ kind: 'database', database });

describe('the file of a dump', () => {
  test.each([
    [plan({ type: 'postgresql' }), of('app'), 'app.dump'],
    [plan({ type: 'postgresql', format: 'plain' }), of('app'), 'app.sql'],
    [plan({ type: 'postgresql' }), { kind: 'globals' } as const, 'globals.sql'],
    [plan({ type: 'mariadb' }), of('globals'), '%67lobals.sql'],
    [plan({ type: 'mariadb' }), of('../etc/passwd'), '%2E.%2Fetc%2Fpasswd.sql'],
    [plan({ type: 'mysql' }), of('-a%\n'), '%2Da%25%0A.sql'],
    [plan({ type: 'mongodb' }), ALL, 'all.archive'],
    [plan({ type: 'sqlite', file: '/srv/app.db' }), ALL, 'app.db.sql'],
    [plan({ type: 'sqlite', file: '/srv/app.db', format: 'file' }), ALL, 'app.db'],
    [plan({ type: 'redis' }), ALL, 'dump.rdb'],
  ])('%o, %o: %s', (dump, part, name) => {
    expect(dumpFileName(dump, part)).toBe(name);
  });

  test('is one that a directory can hold, and each database has its own', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 60 }), { minLength: 1 }), (databases) => {
        const tasks = dumpTasks(plan({ type: 'postgresql', format: 'plain', databases, globals: true }), []);
        const names = tasks.map(({ fileName }) => fileName);
        expect(new Set(names).size).toBe(databases.length + 1);
        expect(tasks.map(({ number }) => number)).toEqual(names.map((_, number) => number));
        for (const name of names) expect(name).toMatch(/^[^./-][^/\0]*$/s);
      }),
    );
  });

  test('of all databases of a MariaDB leaves out what comes with its users', () => {
    const listed = [
      { name: 'app', sizeBytes: 10 },
      { name: 'mysql', sizeBytes: 20 },
    ];
    const names = (dump: DumpPlan): string[] => dumpTasks(dump, listed).map(({ fileName }) => fileName);
    expect(names(plan({ type: 'mariadb', globals: true }))).toEqual(['app.sql', 'globals.sql']);
    expect(names(plan({ type: 'mysql' }))).toEqual(['app.sql', 'mysql.sql']);
  });
});

describe('a password', () => {
  const secret = `x'y"z\\$(touch /tmp/x)\`
HOLDFAST_END_OF_SECRET`;

  test.each(['postgresql', 'mysql', 'mariadb', 'mongodb', 'redis'] as const)(
    'stands in no word of a command (%s)',
    (type) => {
      const dump = plan({ type, user: 'u', password: { env: 'P' } });
      const commands = [dumpCommand(dump, of('app'), true), listCommand(dump, true)];
      for (const command of commands) expect(JSON.stringify(command?.words ?? [])).not.toContain('touch');
      const script = dumpScript({ command: dumpCommand(dump, of('app'), true), password: secret });
      // No line of it can end the small file that holds it.
      expect(script.split('\n').filter((line) => line === 'HOLDFAST_END_OF_SECRET').length).toBeLessThanOrEqual(1);
    },
  );

  test('of an option file is written so that the program reads it back', () => {
    const { secret: way } = dumpCommand(plan({ type: 'mariadb' }), of('a'), true);
    expect(way.as === 'file' && way.text('a"b\\c\nd')).toBe('[client]\npassword="a\\"b\\\\c\\nd"\n');
  });
});

test('names from a server are no words of a shell, and no connection strings', () => {
  const command = dumpCommand(plan({ type: 'postgresql' }), of("host=evil' \\ $(x)"), false);
  expect(command.words.at(-1)).toBe(`--dbname=dbname='host=evil\\' \\\\ $(x)'`);
  expect(dumpScript({ command })).toContain(`'--dbname=dbname='\\''host=evil\\'\\'' \\\\ $(x)'\\'''`);
  expect(dumpCommand(plan({ type: 'mariadb' }), of('--result-file=x'), false).words.slice(-2)).toEqual([
    '--',
    '--result-file=x',
  ]);
});

test('a program is run as another account by the means that the login has', () => {
  const command = dumpCommand(plan({ type: 'postgresql' }), of('a'), false);
  const script = lookScript({ command, dumps: command, list: true, runAs: 'postgres' });
  expect(script).toContain('runuser -u postgres -- "$@"');
  expect(script).toContain('sudo -n -u postgres -- "$@"');
});

describe('whether a dump is whole', () => {
  const RDB = `REDIS0010${'x'.repeat(50)}\xff12345678`;
  test.each([
    [plan({ type: 'postgresql' }), of('a'), 'PGDMP\x01…', undefined],
    [plan({ type: 'postgresql' }), of('a'), 'hello', 'it does not begin as such a dump does'],
    [plan({ type: 'postgresql' }), of('a'), '', 'it is empty'],
    [
      plan({ type: 'postgresql', format: 'plain' }),
      of('a'),
      '--\n…\n-- PostgreSQL database dump complete\n--\n\n',
      undefined,
    ],
    // Newer minor versions say one word more.
    [
      plan({ type: 'postgresql', format: 'plain' }),
      of('a'),
      '--\n…\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n\n',
      undefined,
    ],
    [plan({ type: 'postgresql', format: 'plain' }), of('a'), '--\n…\n', 'its end is missing'],
    [
      plan({ type: 'mariadb' }),
      of('a'),
      '/*M!999999\\- enable the sandbox mode */\n-- x\n-- Dump completed on 2026-11-21\n',
      undefined,
    ],
    [plan({ type: 'mysql' }), of('a'), '-- MySQL dump\n-- Dump completed\n', undefined],
    [plan({ type: 'mysql' }), of('a'), '-- MySQL dump\n-- Dump completed\nINSERT', 'its end is missing'],
    [plan({ type: 'mongodb' }), ALL, '\x6d\xe2\x99\x81…\xff\xff\xff\xff', undefined],
    [plan({ type: 'mongodb' }), ALL, '\x6d\xe2\x99\x81…', 'its end is missing'],
    [plan({ type: 'redis' }), ALL, RDB, undefined],
    [plan({ type: 'redis' }), ALL, RDB.slice(0, -1), 'its end is missing'],
    [plan({ type: 'redis' }), ALL, '-ERR', 'it does not begin as such a dump does'],
    [
      plan({ type: 'sqlite' }),
      ALL,
      'PRAGMA foreign_keys=OFF;\nBEGIN;\nCOMMIT;\nPRAGMA user_version=1;\nPRAGMA application_id=-2;\n',
      undefined,
    ],
    [
      plan({ type: 'sqlite' }),
      ALL,
      'PRAGMA foreign_keys=OFF;\nBEGIN;\nROLLBACK; -- due to errors\nPRAGMA user_version=1;\nPRAGMA application_id=0;\n',
      'its end is missing',
    ],
  ])('%#', (dump, part, text, problem) => {
    expect(endsProblem(dump, part, text.slice(0, 512), text.slice(-4096))).toBe(problem);
  });
});

describe('what programs say', () => {
  test.each([
    [
      'postgresql',
      'pg_dump: error: connection to server on socket "/x/.s.PGSQL.5432" failed: FATAL:  password authentication failed for user "u"',
      'DatabaseLoginFailed',
    ],
    [
      'postgresql',
      'connection to server on socket "/x" failed: fe_sendauth: no password supplied',
      'DatabaseLoginFailed',
    ],
    ['postgresql', 'FATAL:  database "x" does not exist', 'DatabaseNotFound'],
    ['postgresql', 'pg_dump: error: query failed: server closed the connection unexpectedly', 'DatabaseUnreachable'],
    ['postgresql', 'pg_dump: error: query failed: ERROR:  permission denied for table t', 'DumpFailed'],
    [
      'mariadb',
      "mariadb-dump: Got error: 1045: \"Access denied for user 'u'@'localhost'\" when trying to connect",
      'DatabaseLoginFailed',
    ],
    [
      'mysql',
      "mysqldump: Got error: 2002: \"Can't connect to local server through socket '/x' (2)\"",
      'DatabaseUnreachable',
    ],
    [
      'mariadb',
      'mariadb-dump: Error 2013: Lost connection to server during query when dumping table `t` at row: 7',
      'DatabaseUnreachable',
    ],
    ['mariadb', "mariadb-dump: Couldn't execute 'show events': Table is marked as crashed (1194)", 'DumpFailed'],
    [
      'mongodb',
      "Failed: can't create session: could not connect to server: connection() error occurred during connection handshake: auth error: sasl conversation error",
      'DatabaseLoginFailed',
    ],
    [
      'mongodb',
      "Failed: can't create session: could not connect to server: server selection error: server selection timeout",
      'DatabaseUnreachable',
    ],
    ['sqlite', 'Error: unable to open database "/x": unable to open database file', 'DatabaseNotFound'],
    ['redis', 'NOAUTH Authentication required.', 'DatabaseLoginFailed'],
    ['redis', 'Could not connect to Redis at /x: No such file or directory', 'DatabaseUnreachable'],
    ['redis', 'something else', 'DumpFailed'],
  ] as const)('%s: %s', (type, line, failure) => {
    expect(failureTypeOf(type, [line])).toBe(failure);
  });

  test('and is harmless is not told', () => {
    expect(remarksIn('redis', ['sending REPLCONF capa eof', 'odd'])).toEqual(['odd']);
    expect(remarksIn('mongodb', ['2026-11-21T01:02:03.004+0000\tdone dumping app.t (3 documents)'])).toEqual([]);
    expect(remarksIn('postgresql', ['', 'pg_dump: warning: x'])).toEqual(['pg_dump: warning: x']);
  });
});

describe('what a server lists', () => {
  test.each([
    [
      'postgresql',
      'app\x0012\0o\nd d\x000\0',
      [
        ['app', 12],
        ['o\nd d', 0],
      ],
    ],
    ['postgresql', '', []],
    [
      'mariadb',
      'app\t12\na\\tb\\\\\t0\n',
      [
        ['app', 12],
        ['a\tb\\', 0],
      ],
    ],
    ['redis', 'PONG\n', []],
    ['sqlite', '4096\n', [['', 4096]]],
  ] as const)('%s: %j', (type, output, listed) => {
    expect(readDatabases(type, output)?.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual(listed);
  });

  test.each([
    ['postgresql', 'app'],
    ['postgresql', 'app\0many\0'],
    ['mariadb', 'Welcome\n'],
    ['redis', 'NOAUTH Authentication required.\n'],
    ['sqlite', ''],
  ] as const)('%s: %j is no list', (type, output) => {
    expect(readDatabases(type, output)).toBeUndefined();
  });
});

test('a host is not asked for a dump’s directory, nor for what archives of directories need', () => {
  const probe = probeBody([{ path: '/dump/redis', engine: 'archive', dump: plan({ type: 'redis' }) }]);
  expect(probe).toContain("echo 'source directory'");
  expect(probe).not.toMatch(/\/dump|^tool tar$/m);
});
