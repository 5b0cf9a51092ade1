import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listArchives } from '../../../src/activities/archive/list-archives.js';
import { decodeManifest, encodeManifest } from '../../../src/activities/archive/manifest-schema.js';
import { openRepository } from '../../../src/activities/archive/open-repository.js';
import { expectRemoval } from '../../../src/activities/archive/rolled-back.js';
import { verifyBackup } from '../../../src/activities/verify/verify-backup.js';
import type { Failure } from '../../../src/core/failures.js';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import type { LocalDestination } from '../../../src/core/plan.js';
import type { WorkerKeys } from '../../../src/providers/keys/key-store.js';
import { makeKeys } from '../../../src/providers/keys/make-keys.js';
import type { ArchiveBench } from '../../support/archive-bench.js';
import { type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';

/** A worker with keys, and a destination that is signed and not encrypted. */
let bench: RestoreBench;
let directory: string;
let destination: LocalDestination;

beforeEach(async () => {
  directory = fs.mkdtempSync(join(tmpdir(), 'holdfast-signed-'));
  fs.mkdirSync(join(directory, 'vault'));
  await makeKeys(join(directory, 'keys'));
  destination = { name: 'vault', type: 'local', path: join(directory, 'vault'), keysDir: join(directory, 'keys') };
  bench = await startRestoreBench(destination, destination.path);
  fs.writeFileSync(join(bench.tree, 'a'), 'a');
}, 30_000);
afterEach(async () => {
  await bench.stop();
  fs.rmSync(directory, { recursive: true });
});

const manifestFile = (id: string): string => join(bench.backupFolder(id), 'manifest.json');
const manifestOf = (id: string): Manifest => decodeManifest(fs.readFileSync(manifestFile(id)), id);
const backUp = async (work?: Parameters<ArchiveBench['backUp']>[0]): Promise<string> =>
  (await bench.backUp(work)).plan.backupId;

const listFailures = async (): Promise<readonly Failure[]> =>
  (await listArchives(bench.providers, bench.hostPlan(), bench.source(), 10)).failures;

/** What whoever has stolen no key can sign with. */
function strangersKey(): NonNullable<WorkerKeys['signing']> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: Buffer.from(x as string, 'base64url').toString('base64'),
    sign: (bytes) => sign(null, bytes, privateKey).toString('base64'),
  };
}

/** A copy of the newest backup, with everything right but the signature, a year later. */
function plant(from: string, signing?: WorkerKeys['signing']): string {
  const id = from.replace(/^\d{4}/, (year) => String(Number(year) + 1));
  fs.cpSync(bench.backupFolder(from), bench.backupFolder(id), { recursive: true });
  const { checksum: _, signature: __, ...content } = manifestOf(from);
  fs.writeFileSync(manifestFile(id), encodeManifest({ ...content, id, chain: [id], level: 0 }, signing));
  return id;
}

test('a manifest is signed, which openssl confirms with the public part, and names the backup before it', async () => {
  const first = await backUp();
  fs.writeFileSync(join(bench.tree, 'b'), 'b');
  const second = await backUp();
  expect(manifestOf(first).previous).toBeNull();
  expect(manifestOf(second).previous).toEqual({ id: first, checksum: manifestOf(first).checksum });
  const script = `set -e
    jq -cj 'del(.checksum, .signature)' "$1" >signed
    jq -r .signature.value "$1" | base64 -d >signature
    sha256sum signed | cut -c1-64
    openssl pkeyutl -verify -pubin -inkey keys/signing.pub -rawin -in signed -sigfile signature`;
  const said = execFileSync('sh', ['-c', script, 'sh', manifestFile(second)], { cwd: directory, encoding: 'utf8' });
  expect(said).toBe(`${manifestOf(second).checksum}\nSignature Verified Successfully\n`);
});

test.each<[string, () => WorkerKeys['signing']]>([
  ['unsigned', () => undefined],
  ['signed by a stranger', strangersKey],
])('a planted backup (%s) is refused everywhere, and a person can go on beside it', async (_, signing) => {
  const first = await backUp();
  const planted = plant(first, signing());
  await expect(bench.plan()).rejects.toMatchObject({ type: 'ManifestUntrusted' });
  await expect(bench.planRestore()).rejects.toMatchObject({ type: 'ManifestUntrusted' });
  await expect(bench.planRestore({ point: { backupId: planted } })).rejects.toMatchObject({
    type: 'ManifestUntrusted',
  });
  expect((await bench.restore({ point: { backupId: first } })).report.status).toBe('ok');
  expect(await listFailures()).toMatchObject([{ type: 'ManifestUntrusted' }]);

  const { plan } = await bench.backUp({ options: { approve: true } });
  expect(plan).toMatchObject({
    level: 0,
    notes: [expect.stringContaining('Went on with approval'), expect.anything()],
  });
  fs.rmSync(bench.backupFolder(planted), { recursive: true });
  expect((await bench.plan()).level).toBe(1);
});

test('a manifest that was edited is refused, also when its checksum was made to fit', async () => {
  const first = await backUp();
  const good = fs.readFileSync(manifestFile(first), 'utf8');
  fs.writeFileSync(manifestFile(first), good.replace('"deleted": 0', '"deleted": 1'));
  await expect(bench.planRestore()).rejects.toMatchObject({ type: 'ManifestDamaged' });

  const { checksum: _, signature, ...content } = JSON.parse(good) as Manifest;
  const edited = JSON.parse(encodeManifest({ ...content, deleted: 1 }).toString()) as Manifest;
  fs.writeFileSync(manifestFile(first), JSON.stringify({ ...edited, signature }, null, 2));
  await expect(bench.planRestore()).rejects.toMatchObject({ type: 'ManifestUntrusted' });
  await expect(bench.plan()).rejects.toMatchObject({ type: 'ManifestUntrusted' });
});

test('a manifest with its signature in the place of another one is refused', async () => {
  const first = await backUp();
  fs.writeFileSync(join(bench.tree, 'b'), 'b');
  const second = await backUp();
  fs.copyFileSync(manifestFile(first), manifestFile(second));
  await expect(bench.planRestore()).rejects.toMatchObject({ type: 'ManifestDamaged' });
  expect(await listFailures()).toContainEqual(expect.objectContaining({ type: 'ManifestDamaged' }));
});

test('an untrusted manifest in the middle of a chain stops the next backup', async () => {
  const first = await backUp();
  fs.writeFileSync(join(bench.tree, 'b'), 'b');
  await backUp();
  const { checksum: _, signature: __, ...content } = manifestOf(first);
  fs.writeFileSync(manifestFile(first), encodeManifest(content, strangersKey()));
  await expect(bench.plan()).rejects.toMatchObject({ type: 'ManifestUntrusted' });
  expect((await bench.plan({ options: { approve: true } })).level).toBe(0);
});

test('backups that are taken away are missed, until a person says that it is right', async () => {
  const first = await backUp();
  fs.writeFileSync(join(bench.tree, 'b'), 'b');
  const second = await backUp();
  fs.rmSync(bench.backupFolder(second), { recursive: true });
  const rolledBack = { type: 'RolledBack', message: expect.stringContaining(second) as string };
  await expect(bench.plan()).rejects.toMatchObject(rolledBack);
  await expect(bench.planRestore()).rejects.toMatchObject(rolledBack);
  expect(await listFailures()).toMatchObject([rolledBack]);
  expect((await bench.restore({ point: { backupId: first } })).report.status).toBe('ok');

  const { plan } = await bench.backUp({ options: { approve: true } });
  expect(plan).toMatchObject({ level: 1, parent: first, notes: [expect.stringContaining(second)] });
  expect((await bench.plan()).level).toBe(2);
  expect(await listFailures()).toEqual([]);

  fs.rmSync(join(destination.path, 'web1'), { recursive: true });
  await expect(bench.plan()).rejects.toMatchObject({ type: 'RolledBack' });
});

test('a backup that is removed on purpose is not missed', async () => {
  const first = await backUp();
  fs.writeFileSync(join(bench.tree, 'b'), 'b');
  const second = await backUp();
  const storage = await openRepository(bench.providers, destination);
  await expectRemoval(storage, 'web1', 'data', second, [manifestOf(first)]);
  fs.rmSync(bench.backupFolder(second), { recursive: true });
  expect((await bench.plan()).level).toBe(1);
  await expectRemoval(storage, 'web1', 'data', first, []);
  fs.rmSync(join(destination.path, 'web1'), { recursive: true });
  expect((await bench.plan()).level).toBe(0);
});

test('a verification says when the backup before is gone or another one', async () => {
  const first = await backUp();
  const second = await backUp({ options: { full: true } });
  const verify = async (): Promise<string | undefined> =>
    (
      await verifyBackup(bench.providers, bench.control(), {
        host: bench.hostPlan(),
        source: bench.source(),
        backupId: second,
        readPercent: 0,
        round: 0,
      })
    ).previousNote;
  expect(await verify()).toBeUndefined();
  const { signing } = await bench.providers.keys.workerKeys(destination.keysDir);
  fs.writeFileSync(manifestFile(first), encodeManifest({ ...manifestOf(first), deleted: 7 }, signing));
  expect(await verify()).toContain('is not the one that was there then');
  fs.rmSync(bench.backupFolder(first), { recursive: true });
  expect(await verify()).toContain(`${first}, which came before ${second}, is no longer there`);
});

test('without keys nothing can be told, and nothing is', async () => {
  const news = { source: { destination: { ...destination, keysDir: join(directory, 'none') } } };
  const first = await backUp(news);
  expect(manifestOf(first)).not.toHaveProperty('signature');
  fs.writeFileSync(join(bench.tree, 'b'), 'b');
  const second = await backUp(news);
  fs.rmSync(bench.backupFolder(second), { recursive: true });
  expect((await bench.plan(news)).level).toBe(1);
  // Once it has keys, the worker no longer believes what nobody has signed; a person can.
  await expect(bench.plan()).rejects.toMatchObject({ type: 'ManifestUntrusted' });
  await expect(bench.planRestore()).rejects.toMatchObject({ type: 'ManifestUntrusted' });
  expect((await bench.restore({ acceptUntrusted: true })).report.status).toBe('ok');
});

test('the repository’s record cannot make a key trusted where the worker or the configuration knows keys', async () => {
  const first = await backUp();
  const stranger = strangersKey();
  const record = join(destination.path, 'holdfast.json');
  const { signingKeys, ...rest } = JSON.parse(fs.readFileSync(record, 'utf8')) as { signingKeys: string[] };
  fs.writeFileSync(record, JSON.stringify({ ...rest, signingKeys: [...signingKeys, stranger.publicKey] }));
  plant(first, stranger);
  await expect(bench.plan()).rejects.toMatchObject({ type: 'ManifestUntrusted' });
  const withoutKeys = { ...destination, keysDir: join(directory, 'none') };
  const asConfigured = { ...withoutKeys, verifyKeys: [join(directory, 'keys/signing.pub')] };
  await expect(bench.plan({ source: { destination: asConfigured } })).rejects.toMatchObject({
    type: 'ManifestUntrusted',
  });
});

test('a worker without keys keeps to those that the repository named when it saw it first', async () => {
  const first = await backUp();
  const asReader = { source: { destination: { ...destination, keysDir: join(directory, 'none') } } };
  expect((await bench.plan(asReader)).level).toBe(1);
  const record = join(destination.path, 'holdfast.json');
  const { signingKeys: _, ...rest } = JSON.parse(fs.readFileSync(record, 'utf8')) as { signingKeys: string[] };
  fs.writeFileSync(record, JSON.stringify(rest));
  plant(first);
  await expect(bench.plan(asReader)).rejects.toMatchObject({ type: 'ManifestUntrusted' });
});
