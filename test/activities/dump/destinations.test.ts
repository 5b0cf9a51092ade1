import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDumpBench, type DumpBench, type DumpSource } from '../../support/dump-bench.js';
import { filesBelow, makeEncryptedVault, type EncryptedVault } from '../../support/encrypted-vault.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { s3Destination } from '../../support/s3-destination.js';
import { startVersityGw, type S3TestServer } from '../../support/versitygw.js';

const KIB = 1024;
let bench: DumpBench | undefined;
let vault: EncryptedVault | undefined;
let server: S3TestServer | undefined;
afterAll(async () => {
  await bench?.stop();
  vault?.remove();
  await server?.stop();
});

/** A database of some 400 KiB that says this. */
function sqlite(words: string): DumpSource {
  const file = join((bench as DumpBench).tree, 'app.db');
  const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)';
  execFileSync('sqlite3', [
    file,
    `CREATE TABLE t (a, b); ${rows} INSERT INTO t SELECT '${words}', randomblob(50) FROM n`,
  ]);
  return (bench as DumpBench).dumpSource({ type: 'sqlite', file });
}
const inLittle = ({ source }: DumpSource) => ({
  source: { archive: { ...source.archive, extentSizeBytes: 64 * KIB } },
});
const dumped = (): string =>
  execFileSync('sqlite3', [join((bench as DumpBench).tree, 'app.db'), '.dump --preserve-rowids'], { encoding: 'utf8' });

describe('a dump in an encrypted destination', () => {
  const SECRET = 'the payroll of all';
  beforeAll(async () => {
    vault = await makeEncryptedVault();
    bench = await startDumpBench(vault.destination, vault.destination.path);
  });

  test('says nothing of itself, while it is made and afterwards, and comes back with the recipient’s key', async () => {
    const source = sqlite(SECRET);
    const planned = await source.plan(inLittle(source));
    await source.write(planned, 0, inLittle(source));
    const files = filesBelow(source.folder(planned.plan.backupId));
    expect(files.some(({ name }) => name.includes('/extents/'))).toBe(true);
    const { backupId } = await source.commit(planned, inLittle(source));
    for (const { text } of [...files, ...filesBelow(source.folder(backupId))]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain('app.db.sql');
    }
    const identity = { file: (vault as EncryptedVault).identity };
    const { plan, report } = await source.restore({ identity });
    expect(report.status).toBe('ok');
    expect(execFileSync('cat', [join(plan.targetPath, 'app.db.sql')], { encoding: 'utf8' })).toContain(dumped());
    const plain = (bench as DumpBench).path('plain');
    await recoverPlainly(join(source.folder(backupId), '..'), backupId, plain, identity.file);
    expect(execFileSync('cat', [join(plain, 'app.db.sql')], { encoding: 'utf8' })).toContain(dumped());
  });
});

describe('a dump in a bucket', () => {
  beforeAll(async () => {
    await bench?.stop();
    server = await startVersityGw();
    await server.createBucket('backups');
    bench = await startDumpBench(s3Destination(server, { name: 'vault' }), join(server.directory, 'backups'));
  });

  test('is the same as in a directory', async () => {
    const source = sqlite('nothing special');
    const { commit } = await source.backUp(inLittle(source));
    expect(commit.status).toBe('ok');
    expect((await source.restored('app.db.sql')).toString()).toContain(dumped());
    const left = filesBelow(source.folder(commit.backupId)).filter(({ name }) => /plan-|dumps/.test(name));
    expect(left).toEqual([]);
  });
});
