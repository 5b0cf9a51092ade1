import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { discardArchivePlan } from '../../../src/activities/archive/discard-archive-plan.js';
import { listFiles } from '../../../src/activities/browse/list-files.js';
import { discardDrill } from '../../../src/activities/drill/discard-drill.js';
import { planDrill } from '../../../src/activities/drill/plan-drill.js';
import { proveDrill } from '../../../src/activities/drill/prove-drill.js';
import { pruneSources } from '../../../src/activities/prune/prune-sources.js';
import { objectsOf } from '../../../src/core/archive/chain.js';
import { failureOf, leftIn, startDumpBench, type DumpBench, type DumpSource } from '../../support/dump-bench.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { IDLE } from '../../support/prune-bench.js';
import { verifySource } from '../../support/verify-bench.js';

const KIB = 1024;
const DAY_MS = 86_400_000;
const RUN = { workflowId: 'host/web1', runId: 'run-1' };

/* What the archive does with a dump is shown with SQLite, which needs no server. */
let bench: DumpBench;
let dump: { type: 'sqlite'; file: string };
beforeAll(async () => {
  bench = await startDumpBench();
  dump = { type: 'sqlite', file: join(bench.tree, 'app.db') };
  const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)';
  execFileSync('sqlite3', [dump.file, `CREATE TABLE t (a); ${rows} INSERT INTO t SELECT randomblob(100) FROM n`]);
});
afterAll(() => bench?.stop());
beforeEach(() => fs.rmSync(join(bench.vault, 'web1'), { recursive: true, force: true }));
afterEach(async () => {
  for (const tool of ['sqlite3', 'zstd']) await bench.replaceTool(tool, 'real');
});

const inLittle = (source: DumpSource) => ({
  source: { archive: { ...source.source.archive, extentSizeBytes: 64 * KIB } },
});
const expected = (): string => execFileSync('sqlite3', [dump.file, '.dump --preserve-rowids'], { encoding: 'utf8' });
const expectRestored = async (source: DumpSource): Promise<void> =>
  expect((await source.restored('app.db.sql')).toString()).toBe(
    `${expected()}PRAGMA user_version=0;\nPRAGMA application_id=0;\n`,
  );
const filesIn = (folder: string): string[] =>
  (fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [])
    .filter((name) => fs.statSync(join(folder, name)).isFile())
    .sort();

describe('a dump in its archive', () => {
  test('is a large file in extents, and nothing else lies there', async () => {
    const source = bench.dumpSource(dump);
    const { commit, written } = await source.backUp(inLittle(source));
    const manifest = source.manifest(commit.backupId);
    const { rawBytes } = written[0] as (typeof written)[number];
    expect(manifest).toMatchObject({
      ...{ level: 0, status: 'ok', path: '/dump/sqlite', flaws: { count: 0 } },
      counts: { entries: 2, files: 1, directories: 1 },
      bytes: { source: rawBytes },
      shards: [{ kind: 'skeletons' }, { kind: 'directories' }],
      extents: { maps: [{ extentSizeBytes: 64 * KIB }], rawBytes },
    });
    expect(manifest.extents?.stored.length).toBe(Math.ceil(rawBytes / (64 * KIB)));
    expect(filesIn(source.folder(commit.backupId))).toEqual(
      ['manifest.json', ...objectsOf(manifest).map(({ name }) => name)].sort(),
    );
    await expectRestored(source);
  });

  test('is recovered by the plain script, is listed, belongs to its owner alone', async () => {
    const source = bench.dumpSource(dump);
    const { commit } = await source.backUp(inLittle(source));
    const plain = bench.path('plain');
    await recoverPlainly(join(bench.vault, 'web1', source.source.name), commit.backupId, plain);
    const { plan } = await source.restore();
    for (const root of [plain, plan.targetPath]) {
      expect(fs.readFileSync(join(root, 'app.db.sql'), 'utf8')).toContain(expected());
      expect(fs.statSync(join(root, 'app.db.sql')).mode & 0o777).toBe(0o600);
      expect(fs.statSync(root).mode & 0o777).toBe(0o700);
    }
    expect(fs.statSync(join(plain, 'app.db.sql')).mtimeMs).toBe(
      fs.statSync(join(plan.targetPath, 'app.db.sql')).mtimeMs,
    );
    const asked = {
      configPath: source.configPath,
      host: 'web1',
      source: source.source.name,
      point: { latest: true } as const,
    };
    const { files } = await listFiles(bench.providers, bench.control(), { ...asked, path: '', recursive: true });
    expect(files).toMatchObject([{ path: 'app.db.sql', type: 'f', mode: '600' }]);
  });

  test('goes to another host whole, and nowhere without a directory to go to', async () => {
    const source = bench.dumpSource(dump);
    await source.backUp();
    const path = bench.path('elsewhere');
    const { report } = await source.restore({ target: { kind: 'host', host: 'web2', path } });
    expect(report.status).toBe('ok');
    expect(fs.readFileSync(join(path, 'app.db.sql'), 'utf8')).toContain(expected());
    await expect(source.restore({ target: { kind: 'host', host: 'web1' } })).rejects.toMatchObject({
      type: 'RestoreTargetInvalid',
    });
  });

  test('is verified to its last byte, and a damaged extent is found', async () => {
    const source = bench.dumpSource(dump);
    const { commit } = await source.backUp(inLittle(source));
    const [sound] = await verifySource(bench, source.source, { readPercent: 100 });
    expect(sound).toMatchObject({ id: commit.backupId, structure: { state: 'checked' }, damage: { count: 0 } });
    const [extent] = source.manifest(commit.backupId).extents?.stored.slice(1) ?? [];
    const file = join(source.folder(commit.backupId), extent?.name ?? '');
    const bytes = fs.readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    fs.writeFileSync(file, bytes);
    const [damaged] = await verifySource(bench, source.source, { readPercent: 100 });
    expect(damaged?.damage.count).toBeGreaterThan(0);
    await expect(source.restore()).rejects.toMatchObject({ type: 'ObjectDamaged' });
  });

  test('is drilled by its index, without a look for it on the host', async () => {
    const source = bench.dumpSource(dump);
    const { commit } = await source.backUp(inLittle(source));
    const { configPath, host } = source;
    const of = { host, source: source.source };
    const asked = { configPath, ...of, point: { latest: true } as const, sample: 'all' as const, seed: 1, run: RUN };
    const plan = await planDrill(bench.providers, bench.control(), asked);
    const step = { ...of, plan, seed: 1, complete: true, run: RUN };
    try {
      const { report } = await source.restore(plan.request);
      const proof = await proveDrill(bench.providers, bench.control(), { ...step, report });
      expect(plan.backupId).toBe(commit.backupId);
      expect(proof).toMatchObject({ proof: 'index', files: 1, differing: { count: 0 }, notes: [] });
    } finally {
      await discardDrill(bench.providers, bench.control(), step);
    }
  });

  test('is a full one each time; a prune takes the old ones whole, by the same rules', async () => {
    const source = bench.dumpSource(dump, { keep: { last: 1 }, grace: '0s' });
    const first = await source.backUp(inLittle(source));
    const second = await source.backUp(inLittle(source));
    expect(second.planned.plan).toMatchObject({
      level: 0,
      chain: [second.commit.backupId],
      notes: [],
      previousEntries: 2,
      deleted: 0,
    });
    const providers = { ...bench.providers, runs: IDLE };
    const input = {
      ...{ configPath: source.configPath, selection: { hosts: [], sources: [], tags: [] }, destination: 'vault' },
      ...{ offset: 0, limit: 10, approve: false, sweepOnly: false, run: RUN },
    };
    for (const later of [1, 2])
      await pruneSources(providers, bench.control(), { ...input, nowMs: Date.now() + later * DAY_MS });
    expect(fs.existsSync(source.folder(first.commit.backupId))).toBe(false);
    await expectRestored(source);
  });

  test.each([
    ['on the worker', { compress: 'worker' }, '.zst'],
    ['not at all', { compress: 'off' }, ''],
    ['with a long range', { compression_long: 28, compression_level: 5 }, '.zst'],
  ])('is compressed as the source asks for: %s', async (_how, beside, ending) => {
    const source = bench.dumpSource(dump, beside);
    const { commit } = await source.backUp(inLittle(source));
    for (const { name } of source.manifest(commit.backupId).extents?.stored ?? [])
      expect(name).toMatch(new RegExp(`[0-9a-f]${ending.replace('.', '\\.')}$`));
    await expectRestored(source);
  });

  test('of a host without zstd comes as it is', async () => {
    await bench.replaceTool('zstd', 'missing');
    const source = bench.dumpSource(dump);
    expect((await source.backUp(inLittle(source))).planned.plan.compressOn).toBe('worker');
    await expectRestored(source);
    expect(await failureOf(bench.dumpSource(dump, { compress: 'host' }))).toMatchObject({ type: 'ToolMissing' });
  });
});

describe('a run of dumps', () => {
  test('that is only rehearsed looks at the database and writes nothing', async () => {
    const source = bench.dumpSource(dump);
    const { plan, dumps } = await source.plan({ options: { dryRun: true } });
    expect([dumps, plan.planPrefix, plan.counts.entries]).toEqual([1, '', 2]);
    expect(fs.existsSync(join(bench.vault, 'web1'))).toBe(false);
  });

  test('whose worker died starts the dump anew; what the dead one sent goes with the commit', async () => {
    const source = bench.dumpSource(dump);
    const work = inLittle(source);
    const planned = await source.plan(work);
    // What a killed worker leaves: extents of its attempt, and nobody to remove them.
    const orphan = join(bench.vault, planned.plan.planPrefix, '..', 'extents', '00000-0000000-dead.zst');
    fs.mkdirSync(join(orphan, '..'), { recursive: true });
    fs.writeFileSync(orphan, 'cut off');
    const written = await source.write(planned, 0, work);
    expect(written.reused).toBe(false);
    // A repeated step, as after a lost answer.
    expect((await source.write(planned, 0, work)).reused).toBe(true);
    const commit = await source.commit(planned, work);
    expect(fs.existsSync(orphan)).toBe(false);
    expect(await source.commit(planned, work)).toMatchObject({ backupId: commit.backupId, status: 'ok' });
    await expectRestored(source);
  });

  test('whose stored dump has lost an extent meanwhile dumps again', async () => {
    const source = bench.dumpSource(dump);
    const work = inLittle(source);
    const planned = await source.plan(work);
    await source.write(planned, 0, work);
    const folder = join(bench.vault, planned.plan.planPrefix, '..', 'extents');
    fs.rmSync(join(folder, fs.readdirSync(folder).filter((name) => !name.startsWith('.'))[0] as string));
    await expect(source.commit(planned, work)).rejects.toMatchObject({ type: 'ObjectMissing' });
    expect((await source.write(planned, 0, work)).reused).toBe(false);
    await source.commit(planned, work);
    await expectRestored(source);
  });

  test('that is given up leaves nothing', async () => {
    const source = bench.dumpSource(dump);
    const planned = await source.plan(inLittle(source));
    await source.write(planned, 0, inLittle(source));
    await discardArchivePlan(bench.providers, bench.control(), { source: source.source, plan: planned.plan });
    expect(filesIn(join(bench.vault, 'web1'))).toEqual([]);
  });

  test('whose run is over for good is swept like any other', async () => {
    const source = bench.dumpSource(dump);
    const planned = await source.plan(inLittle(source));
    await source.write(planned, 0, inLittle(source));
    const [swept] = (
      await pruneSources({ ...bench.providers, runs: IDLE }, bench.control(), {
        ...{ configPath: source.configPath, selection: { hosts: [], sources: [], tags: [] }, destination: 'vault' },
        ...{ offset: 0, limit: 10, approve: false, sweepOnly: true, run: RUN, nowMs: Date.now() + 4 * DAY_MS },
      })
    ).sources;
    expect(swept?.swept.objects).toBeGreaterThan(3);
    expect(filesIn(join(bench.vault, 'web1'))).toEqual([]);
  });

  test('beside which another run committed does not commit', async () => {
    const source = bench.dumpSource(dump);
    const slow = await source.plan();
    await source.write(slow, 0);
    await source.backUp({ run: { workflowId: 'host/web1', runId: 'other' } });
    await expect(source.commit(slow)).rejects.toMatchObject({ type: 'ChainMoved' });
  });

  test('that is cancelled ends the program on the host and leaves no extent', async () => {
    // zstd on the host would wait for more before it lets go of the first.
    const source = bench.dumpSource(dump, { compress: 'worker' });
    const planned = await source.plan(inLittle(source));
    const pidFile = bench.path('pid');
    await bench.replaceTool('sqlite3', `echo $$ >${pidFile}; $REAL "$@"; exec sleep 1000`);
    const cancel = new AbortController();
    const writing = source.write(planned, 0, { ...inLittle(source), control: { signal: cancel.signal } });
    const over = writing.then(
      () => 'done',
      (error: unknown) => error,
    );
    await expect.poll(() => leftIn(bench, source.source.name).length, { timeout: 30_000 }).toBeGreaterThan(1);
    cancel.abort();
    expect(await over).toMatchObject({ type: 'Cancelled' });
    expect(leftIn(bench, source.source.name)).toEqual([]);
    // Killed, and soon buried.
    const pid = fs.readFileSync(pidFile, 'utf8').trim();
    expect(pid).toMatch(/^\d+$/);
    await expect.poll(() => fs.existsSync(`/proc/${pid}`)).toBe(false);
  });

  test('whose destination is full says so', async () => {
    const small = bench.path('small');
    fs.mkdirSync(small, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', small]);
    try {
      const source = bench.dumpSource(dump);
      const full = {
        source: { ...inLittle(source).source, destination: { name: 'small', type: 'local' as const, path: small } },
      };
      const planned = await source.plan(full);
      await expect(source.write(planned, 0, full)).rejects.toMatchObject({ type: 'DestinationFull' });
      expect(filesIn(small).filter((name) => name.includes('extents/'))).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });

  test('whose host goes away in the middle may be tried again', async () => {
    const source = bench.dumpSource(dump);
    const planned = await source.plan(inLittle(source));
    // The session’s own shell, two above: as if the host had lost its power.
    await bench.replaceTool(
      'sqlite3',
      '$REAL "$@" | head -c 200000; kill -9 $(ps -o ppid= -p $(ps -o ppid= -p $PPID)); sleep 5',
    );
    await expect(source.write(planned, 0, inLittle(source))).rejects.toMatchObject({ type: 'TransferInterrupted' });
    await bench.replaceTool('sqlite3', 'real');
    await source.write(planned, 0, inLittle(source));
    await source.commit(planned);
    await expectRestored(source);
  });

  test('that is slower than its limit ends at it', async () => {
    const source = bench.dumpSource(dump);
    const planned = await source.plan();
    await bench.replaceTool('sqlite3', 'exec sleep 1000');
    await expect(source.write(planned, 0, { source: { timeoutMs: 1_000 } })).rejects.toMatchObject({
      type: 'TimedOut',
    });
  });
});
