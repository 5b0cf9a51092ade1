import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { ResultPromise } from 'execa';
import { stringify } from 'yaml';
import type { Contender } from './measure.js';
import type { Bench } from './peers.js';

const HOLDFAST = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));

/** Holdfast as a person runs it: `holdfast up` in the background, each piece of work a call of the command line, from call to exit. */
export interface RunningHoldfast {
  readonly destination: string;
  firstBackup(): Contender;
  nothingChanged(): Contender;
  restore(): Contender;
  freshBackup(): Promise<void>;
  startBackup(): ResultPromise;
  /** Of `holdfast up`: the worker. */
  pid(): number;
  runBackup(): Promise<void>;
  killWorker(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** The same for any configuration; see RunningHoldfast. */
export interface HoldfastService {
  readonly destination: string;
  readonly run: (...words: string[]) => Promise<void>;
  /** Like `run`, for whoever waits for it or kills something meanwhile. */
  readonly start: (...words: string[]) => ResultPromise;
  /** Empties the destination. */
  readonly empty: () => Promise<void>;
  readonly pid: () => number;
  readonly up: () => Promise<void>;
  readonly killWorker: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** @param base where it keeps all that it has; @param configurationFor its YAML, for a destination below */
export async function startService(
  base: string,
  configurationFor: (destination: string) => string,
): Promise<HoldfastService> {
  const destination = join(base, 'destination');
  const configPath = join(base, 'holdfast.yaml');
  await mkdir(destination, { recursive: true });
  await writeFile(configPath, configurationFor(destination));
  const env = { HOLDFAST_STATE_DIR: join(base, 'state') };
  let server: ResultPromise | undefined;
  const up = async (): Promise<void> => {
    server = execa(HOLDFAST, ['up', '--config', configPath], { env, stdout: 'pipe', stderr: 'pipe', reject: false });
    await ready(server);
  };
  await up();
  return {
    destination,
    run: async (...words) => {
      await execa(HOLDFAST, ['--config', configPath, '--json', ...words], { env, stdout: 'ignore', stderr: 'pipe' });
    },
    start: (...words) => execa(HOLDFAST, ['--config', configPath, '--json', ...words], { env, reject: false }),
    empty: async () => {
      await rm(destination, { recursive: true, force: true });
      await mkdir(destination);
    },
    pid: () => server?.pid ?? 0,
    up,
    killWorker: async () => {
      server?.kill('SIGKILL');
      await server;
    },
    stop: async () => {
      server?.kill('SIGTERM');
      await server;
    },
  };
}

export async function startHoldfast(bench: Bench, engine: 'archive' | 'mirror'): Promise<RunningHoldfast> {
  const base = join(bench.directory, `holdfast-${engine}`);
  const service = await startService(base, (destination) => configurationOf(bench, engine, destination));
  const { destination, run, empty, pid, up, killWorker, stop } = service;
  const freshBackup = async (): Promise<void> => {
    await empty();
    await run('backup');
  };
  const restored = join(bench.directory, 'holdfast-restored');
  return {
    destination,
    pid,
    freshBackup,
    up,
    startBackup: () => service.start('backup'),
    runBackup: () => run('backup'),
    firstBackup: () => ({ name: 'Holdfast', prepare: empty, run: () => run('backup') }),
    nothingChanged: () => ({
      name: 'Holdfast',
      prepare: async (round) => {
        if (round === 0) await freshBackup();
      },
      run: () => run('backup'),
    }),
    restore: () => ({
      name: 'Holdfast',
      prepare: () => rm(restored, { recursive: true, force: true }),
      run: () => run('restore', '--host', bench.host.name, '--source', 'data', '--target', restored),
    }),
    killWorker,
    stop,
  };
}

async function ready(server: ResultPromise): Promise<void> {
  const output = server.all ?? server.stderr;
  await new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      if (/ready/i.test(chunk.toString())) resolve();
    };
    server.stdout?.on('data', look);
    output?.on('data', look);
    void server.then((result) => reject(new Error(`holdfast up ended: ${String(result.stderr)}`)));
  });
}

function configurationOf(bench: Bench, engine: 'archive' | 'mirror', destination: string): string {
  return stringify({
    config: { backup_base: destination },
    hosts: {
      [bench.host.name]: {
        hostname: '127.0.0.1',
        ssh_user: bench.host.user,
        ssh_port: bench.host.port,
        ssh_key: bench.host.identityFile,
        ssh_options: { UserKnownHostsFile: bench.host.knownHostsFile },
        paths: [{ path: bench.data, dest_subdir: 'data', engine }],
      },
    },
  });
}
