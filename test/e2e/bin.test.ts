import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** A clone as small as can be, with a node and an npm that write down what is asked of them. */
let clone: string;
let path: string;

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'holdfast-clone-'));
  path = join(clone, 'path');
  for (const directory of ['path', 'src', 'anywhere']) await mkdir(join(clone, directory));
  for (const directory of ['bin', 'scripts'])
    await cp(join(REPOSITORY, directory), join(clone, directory), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'src/main.ts'])
    await writeFile(join(clone, file), '{}');
  await program('node', [
    'case $1 in',
    '--version) echo "${NODE_VERSION:-v20.20.2}" ;;',
    `scripts/build.mjs) echo built >>"${clone}/log"; mkdir -p "${clone}/dist"; touch "${clone}/dist/built" ;;`,
    '*) echo "ran $*" ;;',
    'esac',
  ]);
  await program('npm', [
    `echo installed >>"${clone}/log"; mkdir -p node_modules; touch node_modules/.package-lock.json`,
  ]);
});

afterEach(() => rm(clone, { recursive: true, force: true }));

async function program(name: string, lines: readonly string[]): Promise<void> {
  await writeFile(join(path, name), ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(join(path, name), 0o755);
}

const holdfast = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  program = join(clone, 'bin/holdfast'),
) =>
  run(program, [...args], {
    cwd: join(clone, 'anywhere'),
    env: { PATH: `${path}:${process.env['PATH'] ?? ''}`, ...environment },
  });

const log = async (): Promise<string[]> => (await readFile(join(clone, 'log'), 'utf8')).trim().split('\n');

async function change(file: string): Promise<void> {
  const later = new Date(Date.now() + 60_000);
  await utimes(join(clone, file), later, later);
}

test('the first call installs and builds, says so on standard error, and runs; the next one only runs', async () => {
  const first = await holdfast(['backup', 'two words']);
  const second = await holdfast(['runs']);

  expect(first.stdout).toBe(`ran ${clone}/dist/client/start.cjs backup two words\n`);
  expect(first.stderr).toMatch(/installing packages[^]*building/);
  expect(second).toMatchObject({ stdout: `ran ${clone}/dist/client/start.cjs runs\n`, stderr: '' });
  expect(await log()).toEqual(['installed', 'built']);
});

test('a changed source builds again, a changed lock file installs and builds again', async () => {
  await holdfast([]);
  await change('src/main.ts');
  await holdfast([]);
  expect(await log()).toEqual(['installed', 'built', 'built']);

  await change('package-lock.json');
  await holdfast([]);
  expect(await log()).toEqual(['installed', 'built', 'built', 'installed', 'built']);
});

test('calls that come at once set up once', async () => {
  await Promise.all([holdfast([]), holdfast([]), holdfast([])]);

  expect(await log()).toEqual(['installed', 'built']);
});

test('packages are not installed through a link, which npm would empty; what is there already is used', async () => {
  const packages = join(clone, 'other clone');
  await mkdir(packages);
  await writeFile(join(packages, 'precious'), '');
  await symlink(packages, join(clone, 'node_modules'));
  await expect(holdfast([])).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: `holdfast: node_modules is a link to ${packages}: npm ci would delete what is there. Remove the link, then call again.\n`,
  });
  expect(await readdir(packages)).toEqual(['precious']);

  await writeFile(join(packages, '.package-lock.json'), '');
  await holdfast([]);
  expect(await log()).toEqual(['built']);
});

test('it works by a link from anywhere', async () => {
  await symlink(join(clone, 'bin/holdfast'), join(path, 'holdfast'));

  expect((await holdfast(['up'], {}, join(path, 'holdfast'))).stdout).toBe(`ran ${clone}/dist/client/start.cjs up\n`);
});

test.each(['v18.20.4', 'v20.19.0', 'none'])('Node %s is refused with one message', async (version) => {
  const refused = holdfast([], { NODE_VERSION: version });

  await expect(refused).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: `holdfast: Node.js 20.20 or newer is needed; found: ${version}. See https://nodejs.org/en/download\n`,
  });
});
