import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Script } from 'node:vm';
import { beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const client = join(REPOSITORY, 'dist/client');
let loadBundle: (directory: string) => { readonly script: Script; readonly exports: { readonly main: unknown } };

beforeAll(async () => {
  // Builds when needed.
  await run(join(REPOSITORY, 'bin/holdfast'), ['--version']);
  ({ loadBundle } = createRequire(import.meta.url)(join(client, 'start.cjs')) as {
    loadBundle: typeof loadBundle;
  });
}, 180_000);

test('the built command line starts from compiled code that this Node accepts', () => {
  expect(loadBundle(client).script.cachedDataRejected).toBe(false);
});

test('it is ASCII, as it is read: signs beyond it would come out as others', async () => {
  expect(await readFile(join(client, 'bundle.cjs'), 'utf8')).not.toMatch(/[^\0-\x7f]/);
});

test.each([
  ['none', undefined],
  ['that of another version of Node', 'not compiled code'],
])('with compiled code missing or foreign it starts all the same: %s', async (_what, cache) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bundle-'));
  await copyFile(join(client, 'bundle.cjs'), join(directory, 'bundle.cjs'));
  if (cache !== undefined) await writeFile(join(directory, 'bundle.cache'), cache);
  expect(loadBundle(directory).exports.main).toBeTypeOf('function');
  await rm(directory, { recursive: true });
});
