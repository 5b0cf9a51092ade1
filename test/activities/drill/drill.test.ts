import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  PlanDrillInput,
  ProveDrillInput,
  ProveDrillResult,
  RestoreReport,
  RestoreRequest,
} from '../../../src/activities/contract.js';
import { discardDrill } from '../../../src/activities/drill/discard-drill.js';
import { planDrill } from '../../../src/activities/drill/plan-drill.js';
import { readLastProof } from '../../../src/activities/drill/proof-records.js';
import { proveDrill } from '../../../src/activities/drill/prove-drill.js';
import { commitMirror } from '../../../src/activities/mirror/commit-mirror.js';
import { syncMirror } from '../../../src/activities/mirror/sync-mirror.js';
import { planRestore } from '../../../src/activities/restore/plan-restore.js';
import { restoreMirror } from '../../../src/activities/restore/restore-mirror.js';
import { compareWithHost } from '../../../src/activities/verify/compare-with-host.js';
import { verifyMirror } from '../../../src/activities/verify/verify-mirror.js';
import { selectSource } from '../../../src/config/selection.js';
import { loadCachedConfig } from '../../../src/config/cache.js';
import type { HostPlan, SourcePlan } from '../../../src/core/plan.js';
import { RandomTree } from '../../support/random-tree.js';
import { type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';

const RUN = { workflowId: 'drill/test', runId: 'run-1' };

let bench: RestoreBench;
let level1: string;
beforeAll(async () => {
  bench = await startRestoreBench();
  const tree = new RandomTree(bench.tree, 5);
  tree.grow(40);
  for (let file = 0; file < 20; file += 1) fs.writeFileSync(join(bench.tree, `plain-${file}`), `content ${file}`);
  fs.writeFileSync(join(bench.tree, '\\odd*[name]?\n'), 'odd');
  await bench.backUp();
  tree.change(10);
  fs.writeFileSync(join(bench.tree, 'plain-3'), 'of level 1');
  fs.writeFileSync(join(bench.tree, 'steady'), 'as it was');
  level1 = (await bench.backUp()).plan.backupId;
});
afterAll(() => bench?.stop());

interface Drilled {
  readonly scratch: string;
  readonly plan: Awaited<ReturnType<typeof planDrill>>;
  readonly report: RestoreReport;
  readonly proof: ProveDrillResult;
}

async function sourceOf(name: string): Promise<{ readonly host: HostPlan; readonly source: SourcePlan }> {
  const { hosts } = await loadCachedConfig(bench.request().configPath);
  const host = hosts.find((one) => one.name === 'web1') as HostPlan;
  return { host, source: selectSource(host, name) };
}

async function restored(request: RestoreRequest, { engine }: SourcePlan): Promise<RestoreReport> {
  if (engine === 'archive') return (await bench.restore(request)).report;
  const run = { workflowId: 'restore/test', runId: 'run-1' };
  const plan = await planRestore(bench.providers, bench.control(), { request, run });
  return restoreMirror(bench.providers, bench.control(), { request, plan, run });
}

/** All steps, as the Workflow takes them; `between` the restore and the comparison something may happen. */
async function drill(
  news: Partial<PlanDrillInput> = {},
  between: (scratch: string) => void = () => undefined,
): Promise<Drilled> {
  const { configPath } = bench.request();
  const asked = {
    ...{ configPath, ...(await sourceOf('data')), point: { latest: true } as const, seed: 1, run: RUN },
    sample: { files: 10, bytes: 1_000_000 },
    ...news,
  };
  const plan = await planDrill(bench.providers, bench.control(), asked);
  const { host, source, sample } = asked;
  const step: ProveDrillInput = { host, source, plan, seed: 1, complete: sample === 'all', run: RUN };
  try {
    const report = await restored(plan.request, source);
    between(join(plan.scratch, 'restored'));
    const proof = await proveDrill(bench.providers, bench.control(), { ...step, report });
    return { scratch: plan.scratch, plan, report, proof };
  } finally {
    await discardDrill(bench.providers, bench.control(), step);
    expect(fs.existsSync(plan.scratch)).toBe(false);
  }
}

const lastProof = async () => {
  const { source } = await sourceOf('data');
  const storage = await bench.providers.openStorage(source.destination);
  return readLastProof(storage, 'web1', 'data');
};

describe('a drill of an archive', () => {
  test('restores exactly the sample, finds it as the source has it, and leaves a proof', async () => {
    const seen: string[] = [];
    const { proof, plan } = await drill({}, (restored) => {
      const all = fs.readdirSync(restored, { recursive: true, withFileTypes: true });
      seen.push(...all.filter((entry) => entry.isFile()).map(({ name }) => name));
    });
    expect(plan).toMatchObject({ backupId: level1, files: 10 });
    expect(seen).toHaveLength(10);
    expect(proof).toMatchObject({ proof: 'source', files: 10, comparedWithSource: 10, differing: { count: 0 } });
    expect(await lastProof()).toMatchObject({ backupId: level1, proof: 'source', files: 10, complete: false });
  });

  test('of everything compares every file, names of any bytes among them', async () => {
    const { proof } = await drill({ sample: 'all' });
    expect(proof.differing.first).toEqual([]);
    expect(proof.comparedWithSource).toBe(proof.files);
    expect(proof.files).toBeGreaterThan(20);
    expect((await lastProof())?.complete).toBe(true);
  });

  test('draws another sample with another seed, and the same one with the same', async () => {
    const names = async (seed: number): Promise<string[]> => {
      let found: string[] = [];
      await drill({ seed }, (restored) => {
        found = fs.readdirSync(restored, { recursive: true, encoding: 'latin1' }).sort();
      });
      return found;
    };
    const [one, two, again] = [await names(1), await names(2), await names(1)];
    expect(again).toEqual(one);
    expect(two).not.toEqual(one);
  });

  test('finds one changed byte in what was restored', async () => {
    const { proof } = await drill({ sample: 'all' }, (restored) => {
      const file = join(restored, 'plain-7');
      const { atime, mtime } = fs.statSync(file);
      fs.writeFileSync(file, 'content X');
      fs.utimesSync(file, atime, mtime);
    });
    expect(proof.differing).toEqual({ count: 1, first: ['plain-7: its content is not the source’s'] });
    // What an earlier drill has proven stays proven.
    expect(await lastProof()).toMatchObject({ backupId: level1 });
  });

  test('compares with the index alone what the source has changed since, and proves by index when the host is away', async () => {
    const file = join(bench.tree, 'plain-9');
    fs.writeFileSync(file, 'newer');
    const changed = await drill({ sample: 'all' });
    expect(changed.proof.files - changed.proof.comparedWithSource).toBe(1);
    expect(changed.proof.notes).toEqual(['Compared with the index only, as the source has changed since: 1 files.']);
    const { host } = await sourceOf('data');
    const away = { ...host, ssh: { ...host.ssh, port: 1, connectTimeoutSeconds: 2 } };
    const { proof } = await drill({ host: away });
    expect(proof).toMatchObject({ proof: 'index', comparedWithSource: 0, differing: { count: 0 } });
    expect(proof.notes[0]).toContain('the host could not be asked');
  });

  test('that lacks the room is refused before anything is restored', async () => {
    const { host, source } = await sourceOf('data');
    const small = join(bench.directory, 'small');
    fs.mkdirSync(small);
    const tight = { ...bench.providers, spoolDirectory: small };
    const { execFileSync } = await import('node:child_process');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
    try {
      const { configPath } = bench.request();
      const asked = {
        configPath,
        host,
        source,
        point: { latest: true } as const,
        sample: 'all' as const,
        seed: 1,
        run: RUN,
      };
      await expect(planDrill(tight, bench.control(), asked)).rejects.toMatchObject({ type: 'RestoreTargetFull' });
      expect(fs.readdirSync(small)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

describe('the comparison with the live host', () => {
  const compare = async () => {
    const of = await sourceOf('data');
    return compareWithHost(bench.providers, bench.control(), { ...of, files: 0, seed: 1 });
  };

  test('tells what changed, and finds another content under the same size and times', async () => {
    fs.writeFileSync(join(bench.tree, 'brand-new'), 'new');
    fs.rmSync(join(bench.tree, 'plain-11'));
    fs.writeFileSync(join(bench.tree, 'plain-13'), 'changed since');
    const before = await compare();
    expect(before.created.first).toContain('brand-new');
    expect(before.deleted.first).toContain('plain-11');
    expect(before.changed.first.join()).toContain('plain-13: size is');
    expect(before.content.differing.count).toBe(0);
    expect(before.content.filesCompared).toBeGreaterThan(15);
    // No program can set a ctime, so the host’s hash is what is made another.
    await bench.replaceTool('sha256sum', '$REAL "$@" | tr "\\0" "\\n" | sed "/  steady$/s/^./X/" | tr "\\n" "\\0"');
    try {
      const after = await compare();
      expect(after.content.differing).toEqual({ count: 1, first: ['steady'] });
    } finally {
      await bench.replaceTool('sha256sum', 'real');
    }
  });
});

describe('the comparison of what a shard does not hold under its one name', () => {
  const KIB = 1024;
  const archive = {
    shardSizeBytes: 1024 * KIB,
    compressionLevel: 1,
    parallelShards: 2,
    largeFileSizeBytes: 256 * KIB,
    extentSizeBytes: 64 * KIB,
  };
  const compare = async () => {
    const { host, source } = await sourceOf('data');
    const input = { host, source: { ...source, archive }, files: 0, seed: 1 };
    return (await compareWithHost(bench.providers, bench.control(), input)).content;
  };
  const disk = randomBytes(5 * 64 * KIB + 100);
  // The third extent is all zeros: it is not stored.
  disk.fill(0, 2 * 64 * KIB, 3 * 64 * KIB);

  beforeAll(async () => {
    for (const name of ['linked-a', 'linked-c']) fs.rmSync(join(bench.tree, name), { force: true });
    fs.writeFileSync(join(bench.tree, 'linked-b'), 'under two names');
    fs.linkSync(join(bench.tree, 'linked-b'), join(bench.tree, 'linked-a'));
    fs.writeFileSync(join(bench.tree, 'disk'), disk);
    await bench.backUp({ source: { archive } });
  });

  test('takes hard links and large files as they are', async () => {
    const { filesCompared, bytesCompared, differing, notCompared } = await compare();
    expect(differing.count).toBe(0);
    expect(notCompared.first).toEqual([]);
    expect(bytesCompared).toBeGreaterThan(disk.length);
    const find = execFileSync('find', [bench.tree, '-type', 'f', '-printf', 'f'], { encoding: 'latin1' });
    expect(filesCompared).toBe(find.length);
  });

  test('finds another content of a hard link under each of its names', async () => {
    await bench.replaceTool(
      'sha256sum',
      '$REAL "$@" | tr "\\0" "\\n" | sed "/  linked-[ab]$/s/^./X/" | tr "\\n" "\\0"',
    );
    try {
      expect((await compare()).differing).toEqual({ count: 2, first: ['linked-a', 'linked-b'] });
    } finally {
      await bench.replaceTool('sha256sum', 'real');
    }
  });

  test.each([
    ['an extent that is stored', 65_536],
    ['one that is all zeros', 131_072],
    ['the last one', 5 * 65_536],
  ])('finds another content of %s', async (_what, skip) => {
    await bench.replaceTool(
      'dd',
      `[[ $* == *skip=${skip}" "* ]] && { $REAL "$@" | tr '\\000-\\177' x; exit; }; exec $REAL "$@"`,
    );
    try {
      expect((await compare()).differing).toEqual({ count: 1, first: ['disk'] });
    } finally {
      await bench.replaceTool('dd', 'real');
    }
  });

  test('says what could not be compared, and why', async () => {
    await bench.replaceTool('dd', `echo "dd: error reading './disk': Input/output error" >&2; exit 1`);
    try {
      const { differing, notCompared } = await compare();
      expect(differing.count).toBe(0);
      expect(notCompared.first).toEqual(['disk: Cannot read: Input/output error']);
    } finally {
      await bench.replaceTool('dd', 'real');
    }
  });
});

describe('a mirror', () => {
  let of: { readonly host: HostPlan; readonly source: SourcePlan };
  beforeAll(async () => {
    of = await sourceOf('mirrored');
    const run = { workflowId: 'host/web1', runId: 'run-1' };
    const outcome = await syncMirror(bench.providers, bench.control(), { ...of, run });
    await commitMirror(bench.providers, bench.control(), { ...of, run, startedAtMs: Date.now(), outcome });
  });

  test('is drilled like an archive', async () => {
    const { proof } = await drill(of);
    expect(proof).toMatchObject({ proof: 'source', files: 10, comparedWithSource: 10, differing: { count: 0 } });
  });

  test('is whole by its state, and compared by rsync’s checksums', async () => {
    const good = await verifyMirror(bench.providers, bench.control(), { ...of, compare: true });
    expect(good.problems.count).toBe(0);
    expect(good.comparison).toMatchObject({ changed: { count: 0 }, content: { differing: { count: 0 } } });
    const file = join(bench.directory, 'mirrors/web1/mirrored/plain-1');
    const { atime, mtime } = fs.statSync(file);
    fs.writeFileSync(file, 'content X');
    fs.utimesSync(file, atime, mtime);
    // Times of whole milliseconds are all that node sets.
    const { execFileSync } = await import('node:child_process');
    execFileSync('touch', ['-r', join(bench.tree, 'plain-1'), file]);
    const bad = await verifyMirror(bench.providers, bench.control(), { ...of, compare: true });
    expect(bad.comparison?.content.differing).toEqual({ count: 1, first: ['plain-1'] });
  });

  test('that a run left half synchronised is not whole', async () => {
    const state = join(bench.directory, 'mirrors/web1');
    const files = fs
      .readdirSync(state, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('mirrored.json'));
    const file = join(state, files[0] as string);
    fs.writeFileSync(file, 'no JSON');
    const { problems } = await verifyMirror(bench.providers, bench.control(), { ...of, compare: false });
    expect(problems.first[0]).toContain('is not JSON');
  });
});
