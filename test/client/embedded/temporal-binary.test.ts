import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTemporal } from '../../../src/client/embedded/temporal-binary.js';
import type { ReleaseArchive } from '../../../src/client/embedded/temporal-download.js';

const run = promisify(execFile);

let scratch: string;
let path: string;
let cached: string;
let server: Server | undefined;
let notes: string[];

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-temporal-'));
  path = join(scratch, 'path');
  cached = join(scratch, 'cache', 'holdfast', 'bin', 'temporal');
  notes = [];
  await mkdir(path);
  for (const tool of ['tar', 'gzip', 'sh', 'cp']) await symlink(await which(tool), join(path, tool));
});

afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(scratch, { recursive: true, force: true });
});

const which = async (tool: string): Promise<string> => (await run('sh', ['-c', `command -v ${tool}`])).stdout.trim();

async function program(file: string, ...lines: readonly string[]): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(file, 0o755);
}

const temporalOnPath = (version: string): Promise<void> => program(join(path, 'temporal'), `echo '${version}'`);
const goThatBuilds = (text: string): Promise<void> =>
  program(join(path, 'go'), `[ "$1" = version ] || { echo '${text}'" $2" >"$GOBIN/temporal"; }`);

/** A local stand-in for the release's site. */
async function release(content: string): Promise<ReleaseArchive> {
  const tree = join(scratch, 'release');
  await mkdir(tree);
  await writeFile(join(tree, 'temporal'), content, { mode: 0o755 });
  await writeFile(join(tree, 'LICENSE'), 'free');
  await run('tar', ['-czf', join(scratch, 'release.tar.gz'), '-C', tree, 'LICENSE', 'temporal']);
  const archive = await readFile(join(scratch, 'release.tar.gz'));
  server = createServer((_request, response) => response.end(archive));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sha256 = createHash('sha256').update(archive).digest('hex');
  return { url: `http://127.0.0.1:${port}/temporal.tar.gz`, sha256, platform: process.platform, arch: process.arch };
}

/** Nothing listens on the discard port. */
const nothingThere: ReleaseArchive = {
  url: 'http://127.0.0.1:9/temporal.tar.gz',
  sha256: '',
  platform: process.platform,
  arch: process.arch,
};

const find = (from: ReleaseArchive): Promise<string> =>
  findTemporal({
    environment: { PATH: path, XDG_CACHE_HOME: join(scratch, 'cache') },
    release: from,
    note: (line) => notes.push(line),
  });

test('temporal on PATH comes first', async () => {
  await temporalOnPath('temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)');
  await program(cached);

  expect(await find(nothingThere)).toBe('temporal');
});

test('a temporal on PATH that is too old, or is something else, is passed over for the cache', async () => {
  await program(cached);
  for (const version of [
    'temporal version 0.10.0 (server 1.20.0)',
    'temporal version 0.12.0 (Server 1.22.1, UI 2.2)',
    'tempo 3',
  ]) {
    await temporalOnPath(version);
    expect(await find(nothingThere)).toBe(cached);
  }
  expect(notes).toEqual([]);
});

test('the download is verified, unpacked into the cache, and used from there afterwards', async () => {
  const from = await release('the server');

  expect(await find(from)).toBe(cached);
  expect(await readFile(cached, 'utf8')).toBe('the server');
  expect(await readdir(join(cached, '..'))).toEqual(['temporal']);
  expect(await find(nothingThere)).toBe(cached);
  expect(notes).toHaveLength(1);
});

test('a download with another checksum is thrown away and Go builds the server', async () => {
  const from = { ...(await release('tampered')), sha256: '0'.repeat(64) };
  await goThatBuilds('built');

  expect(await find(from)).toBe(cached);
  expect(await readFile(cached, 'utf8')).toBe('built github.com/temporalio/cli/cmd/temporal@v1.5.1\n');
  expect(await readdir(join(cached, '..'))).toEqual(['temporal']);
});

test('when no way works, each way and why it failed is named', async () => {
  const from = { ...(await release('tampered')), sha256: '0'.repeat(64) };
  await program(join(path, 'go'), '[ "$1" = version ] || { echo no network >&2; exit 1; }');

  const message = await find(from).then(String, (error: Error) => error.message);
  expect(message).toMatch(/temporal on PATH: not there/);
  expect(message).toMatch(/bin\/temporal: not there/);
  expect(message).toMatch(/download: .* has SHA-256 \w{64}, expected 0{64}/);
  expect(message).toMatch(/go install: [^]*no network/);
  await expect(find({ ...nothingThere, arch: 'sparc' })).rejects.toThrow(/pinned download is for linux sparc/);
  await expect(find(nothingThere)).rejects.toMatchObject({
    type: 'ToolMissing',
    message: expect.stringMatching(/127\.0\.0\.1:9/) as string,
  });
});
