import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { HoldfastError } from '../../core/failures.js';
import { cacheDirectory } from '../directories.js';
import { downloadTemporal, OFFICIAL_RELEASE, type ReleaseArchive } from './temporal-download.js';

const run = promisify(execFile);

/** Later tags of the CLI have a replace directive, which `go install` refuses. */
const GO_PACKAGE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const GO_LIMIT_MS = 30 * 60_000;
/** The oldest server that knows all that the Workflows use. */
const OLDEST_SERVER: readonly [number, number] = [1, 28];

export interface FindTemporalOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly release?: ReleaseArchive;
  /** A remark for the person who waits. */
  readonly note: (line: string) => void;
}

/**
 * The `temporal` program, which holds the server: from PATH, our cache, the official download, or built with Go (the last two
 * leave it in the cache). Throws ToolMissing that names why each way failed.
 */
export async function findTemporal(options: FindTemporalOptions): Promise<string> {
  const environment = options.environment ?? process.env;
  const cached = join(cacheDirectory(environment), 'bin', 'temporal');
  const ways: readonly (readonly [string, () => Promise<string>])[] = [
    ['temporal on PATH', () => temporalOnPath(environment)],
    [cached, () => executable(cached)],
    ['download', () => downloaded(options, cached)],
    ['go install', () => builtWithGo(options, environment, cached)],
  ];
  const failures: string[] = [];
  for (const [way, attempt] of ways) {
    try {
      return await attempt();
    } catch (error) {
      failures.push(`  ${way}: ${endOf(error instanceof Error ? error.message : String(error))}`);
    }
  }
  throw new HoldfastError(
    'ToolMissing',
    `The Temporal server (the program \`temporal\`, https://docs.temporal.io/cli) could not be had:\n${failures.join('\n')}`,
  );
}

async function temporalOnPath(environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { stdout } = await run('temporal', ['--version'], { env: { ...environment }, timeout: 10_000 }).catch(missing);
  const version = /\bServer (\d+)\.(\d+)/.exec(stdout);
  if (!version) throw new Error(`\`temporal --version\` says ${JSON.stringify(stdout.trim())}, which names no server`);
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor < OLDEST_SERVER[1]))
    throw new Error(`it holds server ${major}.${minor}, ${OLDEST_SERVER.join('.')} or newer is needed`);
  return 'temporal';
}

async function executable(file: string): Promise<string> {
  await access(file, constants.X_OK).catch(() => {
    throw new Error('not there');
  });
  return file;
}

async function downloaded({ release = OFFICIAL_RELEASE, note }: FindTemporalOptions, target: string): Promise<string> {
  note('Fetching the Temporal server (once) …');
  await downloadTemporal(release, target);
  return target;
}

async function builtWithGo(
  { note }: FindTemporalOptions,
  environment: Readonly<Record<string, string | undefined>>,
  target: string,
): Promise<string> {
  await run('go', ['version'], { env: { ...environment }, timeout: 10_000 }).catch(missing);
  note('Building the Temporal server with Go (once, some minutes) …');
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(join(dirname(target), '.build-'));
  try {
    await run('go', ['install', GO_PACKAGE], { env: { ...environment, GOBIN: scratch }, timeout: GO_LIMIT_MS });
    await rename(join(scratch, 'temporal'), target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return target;
}

/** `go install` tells of every download before it tells what went wrong. */
const endOf = (message: string): string => message.trim().split('\n').slice(-3).join('\n    ');

function missing(error: unknown): never {
  const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  throw isAbsent ? new Error('not there') : error;
}
