import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failureOf, leftIn, startDumpBench, type DumpBench } from '../../support/dump-bench.js';

let bench: DumpBench;
const file = (): string => join(bench.tree, "o'dd app.db");
beforeAll(async () => {
  bench = await startDumpBench();
  sqlite(
    file(),
    `PRAGMA journal_mode=WAL; PRAGMA user_version=7; PRAGMA application_id=-5;
     CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, data BLOB);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO item SELECT i, 'ü' || i, randomblob(100) FROM n;
     CREATE TABLE plain (a); INSERT INTO plain(rowid, a) VALUES (10, 'ten'), (20, NULL);
     CREATE INDEX by_name ON item(name); CREATE VIEW v AS SELECT count(*) FROM item;
     CREATE TRIGGER t AFTER INSERT ON plain BEGIN DELETE FROM item WHERE id < 0; END;
     CREATE VIRTUAL TABLE words USING fts5(body); INSERT INTO words VALUES ('hello world');`,
  );
});
afterAll(() => bench?.stop());
afterEach(() => bench.replaceTool('sqlite3', 'real'));

const sqlite = (database: string, text: string): string =>
  execFileSync('sqlite3', ['-bail', database], { input: text, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
/** All rows of all tables with their rowids, and what the file says of itself. */
const contents = (database: string): string =>
  sqlite(
    database,
    `SELECT id, name, hex(data) FROM item ORDER BY id; SELECT rowid, a FROM plain ORDER BY rowid; SELECT * FROM v;
     SELECT body FROM words WHERE words MATCH 'world'; PRAGMA user_version; PRAGMA application_id; PRAGMA integrity_check;
     SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name;`,
  );

describe('an SQLite database', () => {
  test('is dumped as SQL that makes it anew, with row ids and versions, also while it is written to', async () => {
    const source = bench.dumpSource({ type: 'sqlite', file: file() });
    expect(source.source.name).toBe("sqlite-o'dd app.db");
    const writer = execFileSync('sqlite3', [file(), 'PRAGMA journal_mode'], { encoding: 'utf8' });
    expect(writer).toBe('wal\n');
    const { written, commit } = await source.backUp();
    expect(written).toMatchObject([{ fileName: "o'dd app.db.sql", remarks: [] }]);
    expect(commit).toMatchObject({ status: 'ok', entries: 2 });
    const copy = bench.path('copy.db');
    sqlite(copy, (await source.restored("o'dd app.db.sql")).toString());
    expect(contents(copy)).toBe(contents(file()));
  });

  test('is copied as a file where that is asked for', async () => {
    const source = bench.dumpSource({ type: 'sqlite', file: file(), format: 'file' }, { dest_subdir: 'copied' });
    await source.backUp();
    const copy = bench.path('copied.db');
    fs.writeFileSync(copy, await source.restored("o'dd app.db"));
    expect(contents(copy)).toBe(contents(file()));
  });

  test('is of one moment although a writer goes on', async () => {
    await bench.replaceTool(
      'sqlite3',
      `[[ $1 == --version ]] && exec $REAL "$@"
       $REAL "$@" | { head -c 3000; /usr/bin/sqlite3 "${file()}" "INSERT INTO item VALUES (99999, 'late', NULL)" >&2; cat; }; exit \${PIPESTATUS[0]}`,
    );
    const source = bench.dumpSource({ type: 'sqlite', file: file() }, { dest_subdir: 'moment' });
    await source.backUp();
    await bench.replaceTool('sqlite3', 'real');
    expect(sqlite(file(), 'SELECT count(*) FROM item WHERE id = 99999; DELETE FROM item WHERE id = 99999')).toBe('1\n');
    const copy = bench.path('moment.db');
    sqlite(copy, (await source.restored("o'dd app.db.sql")).toString());
    expect(contents(copy)).toBe(contents(file()));
  });
});

describe('each of these is told by its name, and leaves no backup:', () => {
  const refused = (news: Readonly<Record<string, unknown>>): Promise<unknown> =>
    failureOf(bench.dumpSource({ type: 'sqlite', ...news }, { dest_subdir: 'refused' }));
  afterEach(() => {
    expect(leftIn(bench, 'refused')).toEqual([]);
  });

  test('a file that is not there, and one that is no database', async () => {
    expect(await refused({ file: '/nonexistent/x.db' })).toMatchObject({ type: 'DatabaseNotFound' });
    const text = join(bench.tree, 'text');
    fs.writeFileSync(text, 'hello, I am no database at all\n'.repeat(100));
    expect(await refused({ file: text })).toMatchObject({
      type: 'DumpFailed',
      message: expect.stringContaining('not a database') as string,
    });
    expect(await refused({ file: text, format: 'file' })).toMatchObject({ type: 'DumpFailed' });
  });

  test('a damaged database, of which sqlite3 dumps what it can', async () => {
    const damaged = join(bench.tree, 'damaged.db');
    sqlite(
      damaged,
      'CREATE TABLE t (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT randomblob(100) FROM n;',
    );
    const handle = fs.openSync(damaged, 'r+');
    fs.writeSync(handle, Buffer.alloc(8192, 0x5a), 0, 8192, 40_960);
    fs.closeSync(handle);
    expect(await refused({ file: damaged })).toMatchObject({ type: 'DumpFailed' });
    expect(await refused({ file: damaged, format: 'file' })).toMatchObject({ type: 'DumpFailed' });
  });

  test('a program that is killed', async () => {
    await bench.replaceTool(
      'sqlite3',
      '[[ $1 == --version ]] && exec $REAL "$@"; $REAL "$@" | head -c 1000; kill -9 $$',
    );
    expect(await refused({ file: file() })).toMatchObject({
      type: 'DumpFailed',
      message: expect.stringContaining('killed by signal 9') as string,
    });
  });
});
