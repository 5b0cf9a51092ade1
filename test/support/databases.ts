import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real server of a test's own, on a unix socket in a private directory. */
export interface TestDatabase {
  readonly directory: string;
  readonly socket: string;
  /** For tests that end it on purpose. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** A MariaDB. `root` may log in by the socket as the system's own root, others as tests make them. */
export async function startMariadb(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-maria-'));
  const data = join(directory, 'data');
  const socket = join(directory, 'socket');
  // Both it and its installer go on as another user when root starts them, unless told so.
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  await run('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    ...user,
    '--skip-test-db',
    '--auth-root-authentication-method=socket',
  ]);
  const words = ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, `--pid-file=${join(directory, 'pid')}`];
  const small = ['--innodb-buffer-pool-size=32M', '--innodb-flush-log-at-trx-commit=0', '--skip-name-resolve'];
  return started(directory, socket, 'mariadbd', [...words, ...user, '--skip-networking', ...small], async () => {
    await run('mariadb', ['--no-defaults', `--socket=${socket}`, '--user=root', '--execute=SELECT 1']);
  });
}

/** A Redis, with these further words of redis.conf. */
export async function startRedis(...settings: readonly string[]): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-redis-'));
  const socket = join(directory, 'socket');
  const words = ['--port', '0', '--unixsocket', socket, '--dir', directory, '--save', '', ...settings];
  return started(directory, socket, 'redis-server', words, async () => {
    const { stdout } = await run('redis-cli', ['-s', socket, 'PING']);
    if (!/PONG|NOAUTH/.test(stdout)) throw new Error(stdout);
  });
}

async function started(
  directory: string,
  socket: string,
  program: string,
  words: readonly string[],
  answers: () => Promise<void>,
): Promise<TestDatabase> {
  const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin`;
  const server = spawn(program, words, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH } });
  let said = '';
  let over: string | undefined;
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
    });
  server.once('error', (error) => {
    over = error.message;
  });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', (code, signal) => {
      over ??= `it ended with ${signal ?? code}`;
      resolve();
    });
  });
  const deadline = Date.now() + 60_000;
  for (;;) {
    const trouble = await answers().catch((error: Error) => error);
    if (!(trouble instanceof Error)) break;
    if (over !== undefined || Date.now() > deadline)
      throw new Error(`${program} did not start: ${over ?? trouble.message}\n${said}`);
    await pause(50);
  }
  return {
    directory,
    socket,
    pid: server.pid as number,
    stop: async () => {
      if (over === undefined) server.kill('SIGTERM');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a database's own client prints. */
export async function client(program: string, words: readonly string[], input = ''): Promise<string> {
  const child = run(program, words, { maxBuffer: 256 * 1024 * 1024 });
  child.child.stdin?.end(input);
  return (await child).stdout;
}
