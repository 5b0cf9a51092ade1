import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { RestoreTarget } from '../../../src/activities/contract.js';
import { decodeManifest } from '../../../src/activities/archive/manifest-schema.js';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import { type EncryptedVault, filesBelow, makeEncryptedVault, makeIdentity } from '../../support/encrypted-vault.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { copyTree, type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';
import { describeTree } from '../../support/tree-oracle.js';

let vault: EncryptedVault;
let bench: RestoreBench;
const points: { id: string; copy: string }[] = [];
let whileRunning: ReturnType<typeof filesBelow> = [];

const SECRET = 'the quick brown fox of the payroll';

/** Three levels; what lay in the destination while the first was being made is kept. */
beforeAll(async () => {
  vault = await makeEncryptedVault();
  bench = await startRestoreBench(vault.destination, vault.destination.path);
  fs.mkdirSync(join(bench.tree, 'payroll'));
  fs.writeFileSync(join(bench.tree, 'payroll/salaries.ods'), SECRET.repeat(2_000));
  fs.writeFileSync(join(bench.tree, 'payroll/old.txt'), 'old');
  execFileSync('dd', ['if=/dev/urandom', `of=${bench.tree}/noise`, 'bs=1M', 'count=3', 'status=none']);
  execFileSync('setfattr', ['-n', 'user.note', '-v', 'kept', join(bench.tree, 'payroll')]);
  const first = await bench.plan();
  for (let shard = 0; shard < first.shards; shard += 1) await bench.writeShard(first, shard);
  whileRunning = filesBelow(vault.destination.path);
  await bench.commit(first);
  keep(first.backupId);

  fs.rmSync(join(bench.tree, 'payroll/old.txt'));
  fs.writeFileSync(join(bench.tree, 'payroll/bonus.txt'), `${SECRET} gets more`);
  keep((await bench.backUp()).plan.backupId);

  fs.renameSync(join(bench.tree, 'payroll/bonus.txt'), join(bench.tree, 'payroll/paid.txt'));
  fs.appendFileSync(join(bench.tree, 'payroll/salaries.ods'), 'end');
  keep((await bench.backUp()).plan.backupId);
}, 60_000);
afterAll(async () => {
  await bench?.stop();
  vault?.remove();
});

function keep(id: string): void {
  const copy = bench.path(`copy-${points.length}`);
  copyTree(bench.tree, copy);
  points.push({ id, copy });
}

const last = (): { id: string; copy: string } => points[2] as { id: string; copy: string };
const manifestOf = (id: string): Manifest => {
  const file = join(bench.backupFolder(id), 'manifest.json');
  return decodeManifest(fs.readFileSync(file), file);
};

describe('an encrypted chain', () => {
  test('rises level by level while the worker has public keys only', () => {
    const manifests = points.map(({ id }) => manifestOf(id));
    expect(manifests.map(({ level }) => level)).toEqual([0, 1, 2]);
    expect(manifests[1]).toMatchObject({ changed: 2, deleted: 1 });
    for (const { encryption, index, shards } of manifests) {
      expect(encryption?.recipients).toEqual([vault.recipient]);
      expect(encryption?.indexRecipients).toHaveLength(2);
      for (const { name } of [index, ...shards]) expect(name).toMatch(/\.age$/);
    }
    expect(fs.readFileSync(join(vault.directory, 'keys/index.agekey'), 'utf8')).not.toContain(vault.recipient);
  });

  test('shows no file’s name and no content, neither when it is done nor while it is being made', () => {
    const stored = [...whileRunning, ...filesBelow(vault.destination.path)];
    expect(whileRunning.some(({ name }) => name.includes('/plan-'))).toBe(true);
    for (const { name, text } of stored) {
      for (const secret of ['payroll', 'salaries', 'bonus', 'noise', 'brown fox']) {
        expect(`${name}: ${text.includes(secret)}`).toBe(`${name}: false`);
      }
      // Compressed and not encrypted it would be just as readable.
      const isReadable = /\.(?:zst|gz|tar)$/.test(name);
      expect(`${name}: ${isReadable}`).toBe(`${name}: false`);
    }
  });

  test('is recovered at every point with age, zstd, tar and a shell alone', async () => {
    for (const [number, { id, copy }] of points.entries()) {
      const target = bench.path(`plain-${number}`);
      await recoverPlainly(join(vault.destination.path, 'web1/data'), id, target, vault.identity);
      expect(await describeTree(target)).toEqual(await describeTree(copy));
    }
  });

  test('is not touched by the plain recovery with a wrong key', async () => {
    const target = bench.path('plain-wrong');
    const wrong = join(vault.directory, 'keys/index.agekey');
    await expect(recoverPlainly(join(vault.destination.path, 'web1/data'), last().id, target, wrong)).rejects.toThrow(
      /no identity matched/,
    );
    expect(fs.readdirSync(target)).toEqual([]);
  });
});

describe('a restore with the private key', () => {
  test('gives every point back in a directory of the worker', async () => {
    for (const { id, copy } of points) {
      const { plan, report } = await bench.restore({ point: { backupId: id }, identity: { file: vault.identity } });
      expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
      expect(await describeTree(plan.targetPath)).toEqual(await describeTree(copy));
    }
  });

  test.each(['web1', 'web2'])('gives the last one back on a host (%s, of which web2 has no zstd)', async (host) => {
    const target: RestoreTarget = { kind: 'host', host, path: bench.path(`on-${host}`) };
    const { plan, report } = await bench.restore({ identity: { file: vault.identity }, target });
    expect(report).toMatchObject({ status: 'ok', differences: { count: 0 } });
    expect(await describeTree(plan.targetPath)).toEqual(await describeTree(last().copy));
  });

  test('takes it from a command, and shows it in no process’s arguments or environment', async () => {
    const secret = /AGE-SECRET-KEY-\S+/.exec(fs.readFileSync(vault.identity, 'utf8'))?.[0] as string;
    const seen: string[] = [];
    const look = (): void => {
      for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        for (const file of ['cmdline', 'environ']) {
          try {
            const text = fs.readFileSync(`/proc/${pid}/${file}`, 'latin1');
            if (file === 'cmdline' && text.startsWith('age\0')) seen.push(text);
            expect(text).not.toContain(secret);
          } catch (error) {
            if ((error as Error).name === 'AssertionError') throw error;
          }
        }
      }
    };
    const timer = setInterval(look, 3);
    onTestFinished(() => clearInterval(timer));
    const { report } = await bench.restore({ identity: { command: ['cat', vault.identity] } });
    clearInterval(timer);
    expect(report.status).toBe('ok');
    expect(seen.length).toBeGreaterThan(0);
  });
});

describe('a restore without the right key', () => {
  const attempt = async (request: Parameters<RestoreBench['restore']>[0]): Promise<unknown> => {
    const path = bench.path('never-made');
    const target = { kind: 'local', path, machine: 'test' } as const;
    const error = await bench.restore({ target, ...request }).catch((reason: unknown) => reason);
    expect(fs.existsSync(path)).toBe(false);
    return error;
  };

  test('is told that one is needed, before anything is written', async () => {
    expect(await attempt({})).toMatchObject({ type: 'IdentityMissing' });
  });

  test('is told that the key is wrong, before anything is written', async () => {
    const other = join(vault.directory, 'elsewhere/other.key');
    makeIdentity(other);
    expect(await attempt({ identity: { file: other } })).toMatchObject({ type: 'WrongKey' });
  });

  test('is told so for the worker’s own key, which opens the indexes', async () => {
    const file = join(vault.directory, 'keys/index.agekey');
    expect(await attempt({ identity: { file } })).toMatchObject({ type: 'WrongKey' });
  });

  test('is told that nobody can be asked for a passphrase', async () => {
    const file = join(vault.directory, 'elsewhere/ssh-with-passphrase');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'passphrase', '-f', file]);
    const error = await attempt({ identity: { file } });
    expect(error).toMatchObject({
      type: 'SecretUnavailable',
      message: expect.stringContaining('passphrase') as string,
    });
  });

  test('can see what it would do, which takes the index only', async () => {
    const plan = await bench.planRestore({ dryRun: true });
    expect(plan.counts.create).toBeGreaterThan(3);
  });

  test('on a machine without the worker’s keys is told so as well', async () => {
    const { keys } = bench.providers;
    const providers = {
      ...bench.providers,
      keys: { ...keys, verifyKey: keys.verifyKey.bind(keys), workerKeys: async () => ({ directory: '/nowhere' }) },
    };
    await expect(bench.planRestore({}, providers)).rejects.toMatchObject({ type: 'IdentityMissing' });
    const { report } = await bench.restore({ identity: { file: vault.identity } }, providers);
    expect(report.status).toBe('ok');
  });
});

test('a large file is encrypted in extents, sends only what changed, and comes back', async () => {
  const archive = { shardSizeBytes: 134_217_728, compressionLevel: 1, parallelShards: 2 };
  const work = { source: { archive: { ...archive, largeFileSizeBytes: 262_144, extentSizeBytes: 65_536 } } };
  const disk = join(bench.tree, 'payroll.img');
  execFileSync('dd', ['if=/dev/urandom', `of=${disk}`, 'bs=64K', 'count=8', 'status=none']);
  const first = manifestOf((await bench.backUp(work)).plan.backupId);
  fs.writeFileSync(disk, Buffer.concat([Buffer.from(SECRET), fs.readFileSync(disk).subarray(SECRET.length)]));
  const second = manifestOf((await bench.backUp(work)).plan.backupId);
  expect([first, second].map(({ extents }) => extents?.stored.length)).toEqual([8, 1]);
  for (const { name } of [...(second.extents?.stored ?? []), ...(second.extents?.maps ?? [])])
    expect(name).toMatch(/\.age$/);
  for (const { name, text } of filesBelow(vault.destination.path)) {
    expect(`${name} ${/payroll|brown fox/.test(text)}`).toBe(`${name} false`);
  }
  const { plan, report } = await bench.restore({ identity: { file: vault.identity } });
  expect(report.status).toBe('ok');
  expect(await describeTree(plan.targetPath)).toEqual(await describeTree(bench.tree));
  await expect(bench.restore()).rejects.toMatchObject({ type: 'IdentityMissing' });
});
