import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { client, startRedis, type TestDatabase } from '../../support/databases.js';
import { failureOf, leftIn, startDumpBench, type DumpBench } from '../../support/dump-bench.js';

const PASSWORD = 'canary-5f1c';
const DEBUG = ['--enable-debug-command', 'local'];

let bench: DumpBench;
let open: TestDatabase;
let closed: TestDatabase;
beforeAll(async () => {
  [bench, open, closed] = await Promise.all([
    startDumpBench(),
    // Sends its file while it makes it, and then its mark.
    startRedis('--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0', ...DEBUG),
    startRedis('--repl-diskless-sync', 'no', '--requirepass', PASSWORD, ...DEBUG),
  ]);
  for (const [server, words] of [
    [open, []],
    [closed, ['--no-auth-warning', '-a', PASSWORD]],
  ] as const) {
    const commands = Array.from({ length: 2000 }, (_, n) => `SET key:${n} ${randomBytes(200).toString('hex')}`);
    await client(
      'redis-cli',
      ['-s', server.socket, ...words],
      `${commands.join('\n')}\nHSET hash a 1 b 2\nSELECT 3\nSET other x\n`,
    );
  }
});
afterAll(async () => {
  await bench?.stop();
  await Promise.all([open?.stop(), closed?.stop()]);
});
afterEach(() => bench.replaceTool('redis-cli', 'real'));

const cli = (socket: string, ...words: string[]): string =>
  execFileSync('redis-cli', ['-s', socket, ...words], { encoding: 'utf8' });
/** Redis' own digest of all keys of all databases. */
const digest = (socket: string, ...words: string[]): string => cli(socket, ...words, 'DEBUG', 'DIGEST');
const password = (): { file: string } => {
  const file = bench.path('password');
  writeFileSync(file, PASSWORD, { mode: 0o600 });
  return { file };
};

describe('a Redis', () => {
  test.each(['open', 'closed'])(
    'is dumped, and another server that starts with the file has the same keys (%s)',
    async (which) => {
      const server = which === 'open' ? open : closed;
      const source = bench.dumpSource({
        type: 'redis',
        socket: server.socket,
        ...(which === 'open' ? {} : { password: password() }),
      });
      const { written, commit } = await source.backUp();
      expect(written).toMatchObject([{ fileName: 'dump.rdb', remarks: [] }]);
      expect(commit.status).toBe('ok');
      const file = await source.restored('dump.rdb');
      // Nothing follows the checksum.
      expect(file.at(-9)).toBe(0xff);
      const directory = mkdtempSync(join(tmpdir(), 'holdfast-rdb-'));
      try {
        writeFileSync(join(directory, 'dump.rdb'), file);
        expect(execFileSync('redis-check-rdb', [join(directory, 'dump.rdb')], { encoding: 'utf8' })).toContain(
          'RDB looks OK',
        );
        const copy = await startRedis('--dir', directory, '--dbfilename', 'dump.rdb', ...DEBUG);
        try {
          const words = which === 'open' ? [] : ['--no-auth-warning', '-a', PASSWORD];
          expect(cli(copy.socket, 'DBSIZE')).toBe('2001\n');
          expect(cli(copy.socket, '-n', '3', 'GET', 'other')).toBe('x\n');
          expect(cli(copy.socket, 'GET', 'key:77')).toBe(cli(server.socket, ...words, 'GET', 'key:77'));
          expect(digest(copy.socket)).toBe(digest(server.socket, ...words));
        } finally {
          await copy.stop();
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  );

  test('asks for a password, which is in the environment of redis-cli alone', async () => {
    const source = bench.dumpSource({ type: 'redis', socket: closed.socket, password: password() });
    const seen = bench.path('seen');
    await bench.replaceTool(
      'redis-cli',
      `cat /proc/[0-9]*/cmdline >>${seen} 2>/dev/null; cat /proc/$PPID/environ >>${seen}; exec $REAL "$@"`,
    );
    expect((await source.backUp()).commit.status).toBe('ok');
    expect(readFileSync(seen, 'latin1')).toContain('--rdb');
    // The shell that starts it was given it as a variable of its own, after its start.
    expect(readFileSync(seen, 'latin1')).not.toContain('canary');
  });
});

describe('each of these is told by its name, and leaves no backup:', () => {
  const refused = (news: Readonly<Record<string, unknown>>): Promise<unknown> =>
    failureOf(bench.dumpSource({ type: 'redis', ...news }, { dest_subdir: 'refused' }));
  afterEach(() => {
    expect(leftIn(bench, 'refused')).toEqual([]);
  });

  test('no password, a wrong one, a server that is not there', async () => {
    expect(await refused({ socket: closed.socket })).toMatchObject({ type: 'DatabaseLoginFailed' });
    const file = bench.path('wrong');
    writeFileSync(file, 'canary-wrong', { mode: 0o600 });
    const error = await refused({ socket: closed.socket, password: { file } });
    expect(error).toMatchObject({ type: 'DatabaseLoginFailed' });
    expect(String(error)).not.toContain('canary');
    expect(await refused({ socket: '/nonexistent' })).toMatchObject({ type: 'DatabaseUnreachable' });
  });

  test.each([
    ['a file that is cut off', '$REAL "$@" | head -c 10000', 'its end is missing'],
    ['something else', 'case $* in *--rdb*) echo hello ;; *) exec $REAL "$@" ;; esac', 'does not begin'],
    ['nothing', 'case $* in *--rdb*) ;; *) exec $REAL "$@" ;; esac', 'it is empty'],
  ])('%s, though the program ended well', async (_what, script, reason) => {
    await bench.replaceTool('redis-cli', script);
    expect(await refused({ socket: open.socket })).toMatchObject({
      type: 'DumpFailed',
      message: expect.stringContaining(reason) as string,
    });
  });
});
