import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import type { ArchiveBench, ArchivedRun } from '../../support/archive-bench.js';
import { startArchiveBench } from '../../support/archive-bench.js';
import { recoverPlainly } from '../../support/plain-recovery.js';
import { describeTree } from '../../support/tree-oracle.js';

const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const MIB = 2 ** 20;
let bench: ArchiveBench;
let name: string;
let path: string;
let count = 0;

beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(() => bench.stop());
beforeEach(async () => {
  name = `source${++count}`;
  path = join(bench.directory, name);
  await mkdir(path);
});
afterEach(() => bench.replaceTool('zstd', 'real'));

const sourceWith = (archive: Partial<SourcePlan['archive']>): Partial<SourcePlan> => ({
  name,
  path,
  archive: { shardSizeBytes: 8 * MIB, compressionLevel: 3, parallelShards: 2, ...archive },
});
const backUp = (archive: Partial<SourcePlan['archive']> = {}): Promise<ArchivedRun> =>
  bench.backUp({ source: sourceWith(archive) });
const manifestOf = async ({ commit }: ArchivedRun): Promise<Manifest> =>
  JSON.parse(await readFile(join(bench.vault, 'web1', name, commit.backupId, 'manifest.json'), 'utf8')) as Manifest;

/** The last backup as tar, zstd and a shell alone restore it is what the source is. */
async function expectRecoverable({ commit }: ArchivedRun): Promise<void> {
  const target = join(bench.directory, 'recovered', commit.backupId + name);
  await recoverPlainly(join(bench.vault, 'web1', name), commit.backupId, target);
  expect(await describeTree(target)).toEqual(await describeTree(path));
}

const text = (bytes: number): Buffer => Buffer.alloc(bytes, 'all work and no play makes jack a dull boy\n');

describe('files that are compressed already', () => {
  test('are stored as they are in shards of their own, beside compressed ones; both are recovered', async () => {
    for (let i = 0; i < 5; i++) {
      await writeFile(join(path, `film${i}.mp4`), randomBytes(4 * MIB));
      await writeFile(join(path, `letter${i}.txt`), text(MIB));
    }
    const made = await backUp();
    const { shards } = await manifestOf(made);
    const stored = shards.filter(({ compression }) => compression === 'none');
    expect(stored.map(({ entries }) => entries)).toEqual([2, 2, 1]);
    for (const shard of stored) {
      expect(shard.name).toMatch(/\.tar$/);
      expect(shard.sizeBytes).toBe(shard.rawBytes);
    }
    const compressed = shards.filter(({ compression }) => compression === undefined);
    expect(compressed.map(({ kind, entries }) => [kind, entries])).toEqual([
      ['content', 5],
      ['directories', 1],
    ]);
    for (const shard of compressed) expect(shard.name).toMatch(/\.tar\.zst$/);
    await expectRecoverable(made);

    await writeFile(join(path, 'film0.mp4'), randomBytes(MIB));
    const next = await backUp();
    expect((await manifestOf(next)).shards.every(({ compression }) => compression === undefined)).toBe(true);
    await expectRecoverable(next);
  });

  test('get no shard of their own when there are few of them', async () => {
    await writeFile(join(path, 'photo.jpg'), randomBytes(2 * MIB));
    await writeFile(join(path, 'letter.txt'), text(MIB));
    expect((await backUp()).plan.shards).toBe(2);
  });

  test('are those of the list that the configuration gives', async () => {
    for (const file of ['a.dump', 'b.mp4']) await writeFile(join(path, file), randomBytes(9 * MIB));
    await writeFile(join(path, 'c.dump'), randomBytes(9 * MIB));
    const { shards } = await manifestOf(await backUp({ storeTypes: ['dump'] }));
    expect(shards.map(({ kind, compression }) => [kind, compression])).toEqual([
      ['content', 'none'],
      ['content', undefined],
      ['content', 'none'],
      ['directories', undefined],
    ]);
    const { plan } = await bench.backUp({ source: sourceWith({ storeTypes: [] }), options: { full: true } });
    expect(plan.shards).toBe(4);
  });

  test('count as whole only with the bytes that tar wrote', async () => {
    await writeFile(join(path, 'film.mp4'), randomBytes(20 * MIB));
    const source = sourceWith({});
    const plan = await bench.plan({ source });
    await bench.replaceTool(
      'tar',
      'case "$*" in *--files-from=/*) "$REAL" "$@" | head -c -1024; exit "${PIPESTATUS[0]}" ;; *) exec "$REAL" "$@" ;; esac',
    );
    try {
      await expect(bench.writeShard(plan, 0, { source })).rejects.toMatchObject({
        type: 'TransferInterrupted',
        message: matching(/byte counts differ: tar wrote \d+, \d+ arrived/),
      });
    } finally {
      await bench.replaceTool('tar', 'real');
    }
  });
});

describe('compress', () => {
  beforeEach(async () => {
    await writeFile(join(path, 'letter.txt'), text(3 * MIB));
  });

  test.each(['auto', 'host', 'worker', 'off'] as const)('%s makes a backup that is recovered', async (compress) => {
    const made = await backUp({ compress });
    expect(made.plan.compressOn).toBe({ auto: 'host', host: 'host', worker: 'worker', off: 'none' }[compress]);
    const { shards, versions } = await manifestOf(made);
    expect(shards.every((shard) => (shard.compression === 'none') === (compress === 'off'))).toBe(true);
    expect(versions.compressor).toMatch(
      { auto: /^zstd \d/, host: /^zstd \d/, worker: /worker/, off: /^none$/ }[compress],
    );
    await expectRecoverable(made);
  });

  test('host fails where the host has no zstd, or one that does not tell exact counts', async () => {
    await bench.replaceTool('zstd', 'missing');
    await expect(backUp({ compress: 'host' })).rejects.toMatchObject({
      type: 'ToolMissing',
      message: containing('the host has no zstd, and compress: host asks for it'),
    });
    await bench.replaceTool('zstd', '$REAL "$@" 2> >(sed "s/ B =>/ KiB =>/" >&2)');
    await expect(backUp({ compress: 'host' })).rejects.toMatchObject({ type: 'ToolMissing' });
  });
});

test.each(['host', 'worker'] as const)(
  'long-range compression on the %s finds what lies far back, and is recovered',
  async (compress) => {
    const block = randomBytes(12 * MIB);
    for (const file of ['a', 'b', 'c']) await writeFile(join(path, file), block);
    const archive = { compress, shardSizeBytes: 128 * MIB };
    const plain = await manifestOf(await backUp(archive));
    const long = await bench.backUp({
      source: sourceWith({ ...archive, compressionLongLog: 31 }),
      options: { full: true },
    });
    expect(plain.bytes.stored).toBeGreaterThan(30 * MIB);
    expect((await manifestOf(long)).bytes.stored).toBeLessThan(13 * MIB);
    await expectRecoverable(long);
  },
);
