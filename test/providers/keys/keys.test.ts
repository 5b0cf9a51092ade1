import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KeyFiles } from '../../../src/providers/keys/key-files.js';
import { defaultKeysDirectory } from '../../../src/providers/keys/keys-directory.js';
import { makeKeys } from '../../../src/providers/keys/make-keys.js';

let directory: string;
const keys = new KeyFiles();
const file = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = join(fs.mkdtempSync(join(tmpdir(), 'holdfast-keys-')), 'keys');
});
afterEach(() => fs.rmSync(join(directory, '..'), { recursive: true }));

test('keys are private, their public parts fit, and what was there stays', async () => {
  expect(await makeKeys(directory)).toEqual({ index: true, signing: true });
  for (const name of ['index.agekey', 'signing.key']) expect(fs.statSync(file(name)).mode & 0o777).toBe(0o600);
  expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
  expect(fs.readdirSync(directory).sort()).toEqual(['index.agekey', 'index.pub', 'signing.key', 'signing.pub']);
  const before = fs.readdirSync(directory).map((name) => fs.readFileSync(file(name), 'utf8'));
  expect(await makeKeys(directory)).toEqual({ index: false, signing: false });
  expect(fs.readdirSync(directory).map((name) => fs.readFileSync(file(name), 'utf8'))).toEqual(before);

  const { index, signing } = await keys.workerKeys(directory);
  expect(index?.recipient).toBe(execFileSync('age-keygen', ['-y', file('index.agekey')], { encoding: 'utf8' }).trim());
  expect(await keys.verifyKey(file('signing.pub'))).toBe(signing?.publicKey);
  const bytes = Buffer.from('what is signed');
  const signature = Buffer.from(signing?.sign(bytes) ?? '', 'base64');
  expect(verify(null, bytes, createPublicKey(fs.readFileSync(file('signing.pub'))), signature)).toBe(true);
});

test('a private key that is lost is made anew, with its public part', async () => {
  await makeKeys(directory);
  const old = (await keys.workerKeys(directory)).index?.recipient;
  fs.rmSync(file('index.agekey'));
  expect(await makeKeys(directory)).toEqual({ index: true, signing: false });
  const { index } = await keys.workerKeys(directory);
  expect(index?.recipient).not.toBe(old);
  expect(index?.recipient).toBe(execFileSync('age-keygen', ['-y', file('index.agekey')], { encoding: 'utf8' }).trim());
});

test('a directory without keys has none', async () => {
  expect(await keys.workerKeys(directory)).toEqual({ directory });
});

test.each([
  ['index.agekey', 0o640],
  ['signing.key', 0o604],
])('%s that others may read is refused', async (name, mode) => {
  await makeKeys(directory);
  fs.chmodSync(file(name), mode);
  await expect(keys.workerKeys(directory)).rejects.toMatchObject({ type: 'SecretUnavailable' });
});

test('what is no Ed25519 key is refused, without showing it', async () => {
  await makeKeys(directory);
  fs.writeFileSync(file('signing.key'), 'canary-secret');
  const error = await keys.workerKeys(directory).catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({ type: 'SecretUnavailable' });
  expect((error as Error).message).not.toContain('canary');
  await expect(keys.verifyKey(file('index.pub'))).rejects.toMatchObject({ type: 'SecretUnavailable' });
});

test('root’s keys lie in /etc, others’ below their configuration', () => {
  expect(defaultKeysDirectory({}, true)).toBe('/etc/holdfast/keys');
  expect(defaultKeysDirectory({ XDG_CONFIG_HOME: '/home/a/cfg' }, false)).toBe('/home/a/cfg/holdfast/keys');
  expect(defaultKeysDirectory({ XDG_CONFIG_HOME: 'cfg', HOME: '/home/a' }, false)).toBe(
    '/home/a/.config/holdfast/keys',
  );
});
