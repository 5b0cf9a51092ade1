import { execFile, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestPostgres {
  readonly url: string;
  /** Of its socket and its pg_hba.conf (in `data`). */
  readonly directory: string;
  stop(): Promise<void>;
}

/** A real PostgreSQL of its own, on a unix socket in a private directory. It refuses to run as root: then it runs as `postgres`. */
export async function startPostgres(): Promise<TestPostgres> {
  const programs = programsDirectory();
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-pg-'));
  const data = join(directory, 'data');
  const root = process.getuid?.() === 0;
  const user = root ? (await run('id', ['-u', 'postgres'])).stdout.trim() : undefined;
  const group = root ? (await run('id', ['-g', 'postgres'])).stdout.trim() : undefined;
  const as = user === undefined ? {} : { uid: Number(user), gid: Number(group) };
  await mkdir(data);
  if (user !== undefined) await run('chown', ['-R', `${user}:${group}`, directory]);
  await chmod(directory, 0o700);
  await run(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'holdfast', '-A', 'trust', '--no-sync', '--locale=C', '-E', 'UTF8'],
    { ...as, cwd: directory, env: { PATH: process.env['PATH'] ?? '' } },
  );
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-k', directory, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'max_connections=20'],
    { ...as, cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)));
  });
  return {
    url: `postgres://holdfast@/postgres?host=${encodeURIComponent(directory)}`,
    directory,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Debian keeps each version's programs in a directory of its own. */
function programsDirectory(): string {
  const base = '/usr/lib/postgresql';
  const [newest] = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  if (newest === undefined) throw new Error(`PostgreSQL is not installed: ${base} is empty`);
  return join(base, newest, 'bin');
}
