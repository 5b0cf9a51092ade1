import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { missingTools, missingToolsMessage } from '../../src/client/system-tools.js';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'holdfast-tools-'));
  vi.stubEnv('PATH', path);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(path, { recursive: true, force: true });
});

async function program(name: string, output = ''): Promise<void> {
  await writeFile(join(path, name), `#!/bin/sh\necho '${output}'\n`);
  await chmod(join(path, name), 0o755);
}

const PRESENT = ['ssh', 'rsync', 'find', 'setsid', 'flock'];

test('nothing is said when all is there', async () => {
  for (const name of [...PRESENT, 'zstd']) await program(name);
  await program('tar', 'tar (GNU tar) 1.34');

  expect(await missingTools('worker')).toBeUndefined();
});

test('all that is missing, another tar among it, stands in one message with the line that installs it', async () => {
  for (const name of PRESENT) await program(name);
  await program('tar', 'bsdtar 3.7');
  await program('apk');
  const missing = await missingTools('worker');

  expect(missing).toMatchObject({ tools: ['zstd', 'tar (GNU)'], packages: ['zstd', 'tar'] });
  expect(missing && missingToolsMessage(missing)).toMatch(
    /: zstd, tar \(GNU\)\. Install them with:\n {2}(sudo )?apk add zstd tar$/,
  );
});
