import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { decodeManifest } from '../../../src/activities/archive/manifest-schema.js';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import type { DestinationPlan } from '../../../src/core/plan.js';
import type { ArchiveBench, ArchiveWork } from '../../support/archive-bench.js';
import { startArchiveBench } from '../../support/archive-bench.js';
import { type EncryptedVault, filesBelow, makeEncryptedVault, makeIdentity } from '../../support/encrypted-vault.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';
import { s3Destination } from '../../support/s3-destination.js';
import { describeTree } from '../../support/tree-oracle.js';
import type { S3TestServer } from '../../support/versitygw.js';
import { startVersityGw } from '../../support/versitygw.js';

let vault: EncryptedVault;
let bench: ArchiveBench;

beforeAll(async () => {
  vault = await makeEncryptedVault();
  bench = await startArchiveBench(vault.destination);
});
afterAll(async () => {
  await bench?.stop();
  vault?.remove();
});
beforeEach(async () => {
  for (const directory of [vault.destination.path, bench.tree, join(bench.directory, 'state/seen')]) {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.mkdirSync(directory);
  }
  await bench.replaceTool('zstd', 'real');
  fs.writeFileSync(join(bench.tree, 'a'), 'a'.repeat(200_000));
});

const source = (): string => join(vault.destination.path, 'web1/data');
const manifestOf = (id: string): Manifest => decodeManifest(fs.readFileSync(join(source(), id, 'manifest.json')), id);
const encryptedTo = (...recipients: string[]): ArchiveWork => ({
  source: { destination: { ...vault.destination, encryption: { recipients } } },
});

/** An age on PATH that encrypts as a script says; `$REAL` is the real one. */
function replaceAge(script: string): void {
  const tools = fs.mkdtempSync(join(vault.directory, 'tools-'));
  fs.writeFileSync(
    join(tools, 'age'),
    `#!/bin/bash\nREAL=/usr/bin/age\n[ "$1" = --encrypt ] || exec $REAL "$@"\n${script}\n`,
    { mode: 0o755 },
  );
  const { PATH } = process.env;
  process.env['PATH'] = `${tools}:${PATH}`;
  onTestFinished(() => {
    process.env['PATH'] = PATH;
  });
}

describe('recipients', () => {
  test('that change start a new chain, with a note', async () => {
    await bench.backUp();
    const other = makeIdentity(join(vault.directory, 'elsewhere', `other-${Date.now()}`));
    const { plan, commit } = await bench.backUp(encryptedTo(vault.recipient, other));
    expect(plan).toMatchObject({ level: 0, notes: ['A new chain starts: the recipients have changed.'] });
    expect(manifestOf(commit.backupId).encryption?.recipients).toEqual([other, vault.recipient].sort());
    expect((await bench.plan(encryptedTo(other, vault.recipient))).level).toBe(1);
    const plain: DestinationPlan = { name: 'vault', type: 'local', path: vault.destination.path };
    const { plan: unprotected } = await bench.backUp({
      source: { destination: { ...plain, keysDir: vault.destination.keysDir } },
    });
    expect(unprotected.notes).toEqual(['A new chain starts: the destination is no longer encrypted.']);
  });

  test('may be SSH keys and stand in a file', async () => {
    const key = join(vault.directory, 'elsewhere', `ssh-${Date.now()}`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'admin@laptop', '-f', key]);
    const recipientsFile = join(vault.directory, 'recipients.txt');
    fs.writeFileSync(recipientsFile, `# the admin\n\n${fs.readFileSync(`${key}.pub`, 'utf8')}`);
    const encryption = { recipients: [], recipientsFile };
    const { commit } = await bench.backUp({ source: { destination: { ...vault.destination, encryption } } });
    expect(manifestOf(commit.backupId).encryption?.recipients.join()).toMatch(/^ssh-ed25519 \S+$/);
    const target = join(bench.directory, 'by-ssh-key');
    await recoverPlainly(source(), commit.backupId, target, key);
    expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
  });

  test('that age does not know are refused before the host is read', async () => {
    const unknown = `age1pq1${'q'.repeat(60)}`;
    await expect(bench.plan(encryptedTo(unknown))).rejects.toMatchObject({ type: 'RecipientRefused' });
    expect(filesBelow(vault.destination.path)).toEqual([]);
  });

  test('in a file that holds a private key are refused, without showing it', async () => {
    const encryption = { recipients: [], recipientsFile: vault.identity };
    const plan = bench.plan({ source: { destination: { ...vault.destination, encryption } } });
    const error = await plan.catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ type: 'ConfigInvalid' });
    expect((error as Error).message).not.toContain('AGE-SECRET');
  });
});

describe('an encrypted destination', () => {
  test('takes nothing from a worker without keys, and names the command that makes them', async () => {
    const keysDir = join(vault.directory, 'none');
    const plan = bench.plan({ source: { destination: { ...vault.destination, keysDir } } });
    await expect(plan).rejects.toMatchObject({
      type: 'KeysMissing',
      message: expect.stringContaining(keysDir) as string,
    });
    expect(filesBelow(vault.destination.path)).toEqual([]);
  });

  test('does without the host’s zstd as well', async () => {
    await bench.replaceTool('zstd', 'missing');
    const { plan, commit } = await bench.backUp();
    expect(plan.compressOn).toBe('worker');
    const target = join(bench.directory, 'without-zstd');
    await recoverPlainly(source(), commit.backupId, target, vault.identity);
    expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
  });

  test('names flawed files in the result and in the index, not in the manifest', async () => {
    await bench.replaceTool('tar', 'echo "tar: a: file changed as we read it" >&2; $REAL "$@"; exit 1');
    const plan = await bench.plan();
    const [shard] = [await bench.writeShard(plan, 0)];
    expect(shard).toMatchObject({ flaws: 1, reused: false });
    for (const { name, text } of filesBelow(vault.destination.path))
      expect(`${name} ${text}`).not.toContain('changed as');
    expect(await bench.writeShard(plan, 0)).toMatchObject({ flaws: 1, reused: true });
    await bench.replaceTool('tar', 'real');
    for (let number = 1; number < plan.shards; number += 1) await bench.writeShard(plan, number);
    const commit = await bench.commit(plan);
    expect(commit.flaws).toMatchObject({ count: 1, first: [{ path: 'a' }] });
    expect(manifestOf(commit.backupId)).toMatchObject({ status: 'warning', flaws: { count: 1, first: [] } });
  });

  test.each([
    ['dies', 'head -c 100000 | $REAL "$@"; kill -9 $$', /SIGKILL/],
    ['fails', '$REAL "$@"; exit 1', /status 1/],
    ['leaves something out and says nothing', 'head -c 100 | $REAL "$@"; cat >/dev/null; exit 0', /byte counts differ/],
    ['writes more than it should', '$REAL "$@"; echo more', /byte counts differ/],
    ['does not encrypt', 'cat', /byte counts differ/],
  ])('has no shard from an age that %s', async (_, script, reason) => {
    const plan = await bench.plan();
    replaceAge(script);
    await expect(bench.writeShard(plan, 0)).rejects.toMatchObject({
      type: 'TransferInterrupted',
      message: expect.stringMatching(reason) as string,
    });
    expect(filesBelow(vault.destination.path).filter(({ name }) => name.includes('shard-00000-'))).toEqual([]);
  });
});

test('an index that age did not write whole makes no backup', async () => {
  const plan = await bench.plan();
  for (let number = 0; number < plan.shards; number += 1) await bench.writeShard(plan, number);
  replaceAge('head -c 10 | $REAL "$@"; cat >/dev/null');
  await expect(bench.commit(plan)).rejects.toMatchObject({ type: 'TransferInterrupted' });
  expect(fs.existsSync(join(source(), plan.backupId, 'manifest.json'))).toBe(false);
});

describe('a bucket', () => {
  let server: S3TestServer;
  let remote: RestoreBench;
  beforeAll(async () => {
    server = await startVersityGw();
    await server.createBucket('backups');
    const { encryption, keysDir } = vault.destination;
    const protection = { ...(encryption && { encryption }), keysDir };
    remote = await startRestoreBench(s3Destination(server, protection), join(server.directory, 'backups'));
  });
  afterAll(async () => {
    await remote?.stop();
    await server?.stop();
  });

  test('gets an encrypted chain that its recipient can recover and nobody else, with Holdfast and without', async () => {
    execFileSync('dd', ['if=/dev/urandom', `of=${remote.tree}/noise`, 'bs=1M', 'count=20', 'status=none']);
    await remote.backUp();
    fs.writeFileSync(join(remote.tree, 'salaries'), 'much');
    const { plan, commit } = await remote.backUp();
    expect(plan).toMatchObject({ level: 1, changed: 2 });
    const bucket = join(server.directory, 'backups');
    for (const { name, text } of filesBelow(bucket))
      expect(`${name} ${text.includes('salaries')}`).toBe(`${name} false`);
    const target = join(remote.directory, 'recovered');
    await recoverPlainly(join(bucket, 'web1/data'), commit.backupId, target, vault.identity);
    expect(await describeTree(target)).toEqual(await describeTree(remote.tree));

    const restored = await remote.restore({ identity: { file: vault.identity } });
    expect(restored.report.status).toBe('ok');
    expect(await describeTree(restored.plan.targetPath)).toEqual(await describeTree(remote.tree));
    const wrong = { file: join(vault.destination.keysDir, 'index.agekey') };
    await expect(remote.restore({ identity: wrong })).rejects.toMatchObject({ type: 'WrongKey' });
  });
});
