import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeManifest } from '../../../src/activities/archive/manifest-schema.js';
import { listBackups } from '../../../src/activities/backups.js';
import type { DamageRecord } from '../../../src/core/verify/damage.js';
import type { Manifest } from '../../../src/core/archive/manifest.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import { type ArchiveBench, startArchiveBench } from '../../support/archive-bench.js';
import { verifySource } from '../../support/verify-bench.js';

let bench: ArchiveBench;
let number = 0;
let source: Partial<SourcePlan> & { readonly name: string; readonly path: string };
let ids: string[];
beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(() => bench?.stop());

/** Three levels: `kept` is of level 0 for ever, `renewed` is stored anew by level 1, `late` comes with level 2. */
beforeEach(async () => {
  number += 1;
  const path = join(bench.directory, `tree-${number}`);
  source = { name: `s${number}`, path };
  fs.mkdirSync(join(path, 'd'), { recursive: true });
  fs.writeFileSync(join(path, 'd/kept'), 'kept');
  fs.writeFileSync(join(path, 'd/renewed'), 'old');
  ids = [(await bench.backUp({ source })).plan.backupId];
  fs.writeFileSync(join(path, 'd/renewed'), 'new');
  ids.push((await bench.backUp({ source })).plan.backupId);
  fs.writeFileSync(join(path, 'late'), 'late');
  ids.push((await bench.backUp({ source })).plan.backupId);
});

const folder = (id: string): string => join(bench.vault, 'web1', source.name, id);
const manifestOf = (id: string): Manifest =>
  JSON.parse(fs.readFileSync(join(folder(id), 'manifest.json'), 'utf8')) as Manifest;
const contentShard = (id: string): string =>
  join(folder(id), manifestOf(id).shards.find(({ kind }) => kind === 'content')?.name ?? '');
const indexFile = (id: string): string => join(folder(id), manifestOf(id).index.name);
const rewrite = (id: string, change: (manifest: Manifest) => Manifest): void => {
  const { checksum: _, ...changed } = change(manifestOf(id));
  fs.writeFileSync(join(folder(id), 'manifest.json'), encodeManifest(changed));
};
const recordOf = (id: string): DamageRecord | undefined => {
  const file = join(bench.vault, '.holdfast/damage/web1', source.name, `${id}.json`);
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as DamageRecord) : undefined;
};
const flip = (file: string): void => {
  const bytes = fs.readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] as number) ^ 1;
  fs.writeFileSync(file, bytes);
};
const damagedIds = (verified: Awaited<ReturnType<typeof verifySource>>): string[] =>
  verified.filter(({ damage }) => damage.count > 0).map(({ id }) => id);

describe('a look at the structure finds', () => {
  test.each([
    ['a shard that is missing', () => fs.rmSync(contentShard(ids[0] as string)), /^it is missing$/],
    [
      'a shard that is cut short',
      () => fs.truncateSync(contentShard(ids[0] as string), 50),
      /^it has 50 bytes, not \d+$/,
    ],
    ['an index that is missing', () => fs.rmSync(indexFile(ids[0] as string)), /^it is missing$/],
    ['an index with one bit flipped', () => flip(indexFile(ids[0] as string)), /SHA-256 is not the one recorded/],
  ])('%s', async (_what, damage, problem) => {
    damage();
    const verified = await verifySource(bench, source);
    const [first] = verified;
    expect(first?.id).toBe(ids[0]);
    expect(first?.damage.first[0]?.problem).toMatch(problem);
    expect(recordOf(ids[0] as string)?.objects.count).toBeGreaterThan(0);
  });

  test('a manifest edited by one byte', async () => {
    const file = join(folder(ids[1] as string), 'manifest.json');
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"changed": 1', '"changed": 2'));
    const verified = await verifySource(bench, source);
    expect(verified.map(({ id }) => id)).toEqual(ids);
    expect(damagedIds(verified)).toEqual(ids.slice(1));
    expect(verified[1]?.damage).toMatchObject({ whole: true, first: [{ name: 'manifest.json' }] });
    expect(verified[1]?.damage.first[0]?.problem).toContain('its checksum does not fit');
    expect(verified[2]?.damage.first[0]?.name).toBe(`../${ids[1]}/manifest.json`);
  });

  test('a chain with a missing middle', async () => {
    fs.rmSync(folder(ids[1] as string), { recursive: true });
    const verified = await verifySource(bench, source);
    expect(verified.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
    expect(damagedIds(verified)).toEqual([ids[2]]);
    expect(verified[1]?.damage.first[0]).toEqual({
      name: `../${ids[1]}/manifest.json`,
      problem: `it builds on ${ids[1]}, whose manifest is missing`,
    });
    expect(recordOf(ids[2] as string)).toMatchObject({ whole: true, touches: [ids[2]] });
  });

  test('an index out of order, and one that names a shard that there is not, whatever their hashes say', async () => {
    const reindex = (id: string, change: (lines: string[]) => string[]): void => {
      const file = indexFile(id);
      const lines = execFileSync('zstd', ['-dcq', file], { encoding: 'utf8' }).trimEnd().split('\n');
      const text = `${change(lines).join('\n')}\n`;
      const bytes = execFileSync('zstd', ['-q', '-c'], { input: text });
      fs.writeFileSync(file, bytes);
      const sha256 = execFileSync('sha256sum', { input: bytes, encoding: 'utf8' }).slice(0, 64);
      rewrite(id, (manifest) => ({ ...manifest, index: { ...manifest.index, sha256, sizeBytes: bytes.length } }));
    };
    reindex(ids[0] as string, (lines) => lines.reverse());
    reindex(ids[2] as string, (lines) => lines.map((line) => line.replace('"shard":0', '"shard":7')));
    const verified = await verifySource(bench, source);
    expect(verified[0]?.damage.first[0]?.problem).toMatch(/line 2 is out of order/);
    expect(verified[2]?.damage.first[0]?.problem).toContain('its index names shard 7, which it does not have');
  });

  test('indexes that make no tree together', async () => {
    rewrite(ids[2] as string, (manifest) => ({ ...manifest, counts: { ...manifest.counts, files: 99 } }));
    const [, , last] = await verifySource(bench, source);
    expect(last?.damage.first[0]?.problem).toBe('the chain’s indexes give 3 files, not 99');
  });

  test('nothing wrong with a backup that was removed meanwhile', async () => {
    const { verifyBackup } = await import('../../../src/activities/verify/verify-backup.js');
    const id = ids[2] as string;
    fs.rmSync(folder(id), { recursive: true });
    const input = { host: bench.hostPlan(), source: bench.source(source), backupId: id, readPercent: 0, round: 0 };
    expect(await verifyBackup(bench.providers, bench.control(), input)).toMatchObject({ state: 'gone' });
  });
});

describe('reading the content finds', () => {
  test('a flipped bit, names the files that are lost, and only the points that need them', async () => {
    flip(contentShard(ids[0] as string));
    expect(damagedIds(await verifySource(bench, source))).toEqual([]);
    const verified = await verifySource(bench, source, { readPercent: 100 });
    expect(damagedIds(verified)).toEqual([ids[0]]);
    expect(verified[0]?.record?.files).toEqual({
      count: 2,
      first: [
        { path: 'd/kept', backups: ids },
        { path: 'd/renewed', backups: [ids[0]] },
      ],
    });
    expect(recordOf(ids[0] as string)).toMatchObject({ whole: false, touches: ids, spared: [] });
  });

  test('a shard swapped for another of the same backup', async () => {
    const path = source.path;
    fs.writeFileSync(join(path, 'other'), 'x'.repeat(200_000));
    const news = { ...source, archive: { shardSizeBytes: 1_000, compressionLevel: 3, parallelShards: 2 } };
    const { plan } = await bench.backUp({ source: news, options: { full: true } });
    const [one, two] = manifestOf(plan.backupId).shards.map(({ name }) => join(folder(plan.backupId), name));
    // Names and sums are exchanged in the manifest too: only the members tell.
    rewrite(plan.backupId, (manifest) => {
      const [a, b, ...rest] = manifest.shards;
      if (a === undefined || b === undefined) throw new Error('two shards are needed');
      return {
        ...manifest,
        shards: [{ ...b, number: a.number, kind: a.kind }, { ...a, number: b.number, kind: b.kind }, ...rest],
      };
    });
    expect(one).not.toBe(two);
    const [backup] = await verifySource(bench, news, { readPercent: 100 });
    expect(backup?.damage.count).toBe(2);
    expect(backup?.damage.first[0]?.problem).toMatch(/it is not what its index says: .* is (missing|there)/);
  });

  test('a member that the index knows with another size, or not at all', async () => {
    const id = ids[2] as string;
    const file = contentShard(id);
    const made = join(bench.directory, `made-${number}`);
    fs.mkdirSync(made);
    fs.writeFileSync(join(made, 'late'), 'longer than it was');
    fs.writeFileSync(join(made, 'planted'), '');
    const times = fs.statSync(join(source.path, 'late')).mtime;
    fs.utimesSync(join(made, 'late'), times, new Date(times.getTime() - 1_000_000));
    const tar = execFileSync('tar', ['-C', made, '--format=posix', '--blocking-factor=128', '-c', 'late', 'planted']);
    const bytes = execFileSync('zstd', ['-q', '-c'], { input: tar });
    fs.writeFileSync(file, bytes);
    const sha256 = execFileSync('sha256sum', { input: bytes, encoding: 'utf8' }).slice(0, 64);
    rewrite(id, (manifest) => ({
      ...manifest,
      shards: manifest.shards.map((shard) =>
        shard.kind === 'content' ? { ...shard, sha256, sizeBytes: bytes.length, rawBytes: tar.length } : shard,
      ),
    }));
    const verified = await verifySource(bench, source, { readPercent: 100 });
    const problem = verified[2]?.damage.first[0]?.problem ?? '';
    expect(problem).toContain('late size is 18 instead of 4');
    expect(problem).toContain('planted is there, but the index does not have it');
  });
});

describe('what was found', () => {
  const summaries = async () => {
    const config = join(bench.directory, `config-${number}.yaml`);
    const { host } = bench;
    fs.writeFileSync(
      config,
      JSON.stringify({
        destinations: { vault: { type: 'local', path: bench.vault } },
        hosts: {
          web1: {
            hostname: '127.0.0.1',
            ssh_port: host.port,
            paths: [{ path: source.path, dest_subdir: source.name, engine: 'archive', destination: 'vault' }],
          },
        },
      }),
    );
    const selection = { hosts: [], sources: [], tags: [] };
    const { backups } = await listBackups(bench.providers, bench.control(), {
      configPath: config,
      selection,
      limit: 9,
    });
    return new Map(backups.map(({ id, status }) => [id, status]));
  };

  test('is shown in the list of backups, makes the next run start a new chain, and goes when it is right again', async () => {
    const file = contentShard(ids[1] as string);
    const good = fs.readFileSync(file);
    flip(file);
    await verifySource(bench, source, { readPercent: 100 });
    expect(await summaries()).toEqual(
      new Map([
        [ids[2], 'damaged'],
        [ids[1], 'damaged'],
        [ids[0], 'ok'],
      ]),
    );

    const dry = await bench.plan({ source, options: { dryRun: true } });
    expect(dry).toMatchObject({ level: 0, parent: null });
    expect(dry.notes[0]).toContain(`a verification found ${ids[1]} damaged`);

    fs.writeFileSync(file, good);
    // Also where little is read: what is on record is always read.
    const again = await verifySource(bench, source, { readPercent: 0 });
    expect(again[1]?.record?.cleared).toBe(true);
    expect(recordOf(ids[1] as string)).toBeUndefined();
    expect((await summaries()).get(ids[2] as string)).toBe('ok');
    expect((await bench.plan({ source, options: { dryRun: true } })).level).toBe(3);
  });

  test('spares points that store everything anew', async () => {
    // Level 1 holds one file only, which level 3 deletes.
    fs.rmSync(join(source.path, 'd/renewed'));
    const { plan } = await bench.backUp({ source });
    flip(contentShard(ids[1] as string));
    const verified = await verifySource(bench, source, { readPercent: 100 });
    const record = recordOf(ids[1] as string);
    expect(damagedIds(verified)).toEqual([ids[1]]);
    expect(record?.files.first.map(({ path }) => path)).toEqual(['d/renewed']);
    expect(record?.touches).toEqual([ids[1], ids[2]]);
    expect(record?.spared).toContain(plan.backupId);
  });

  test('is forgotten with the backup itself', async () => {
    flip(contentShard(ids[2] as string));
    await verifySource(bench, source, { readPercent: 100 });
    expect(recordOf(ids[2] as string)).toBeDefined();
    fs.rmSync(folder(ids[2] as string), { recursive: true });
    await verifySource(bench, source);
    expect(recordOf(ids[2] as string)).toBeUndefined();
  });
});

test('a share of the content moves on with each run until everything was read', async () => {
  const news = { ...source, archive: { shardSizeBytes: 1_000, compressionLevel: 3, parallelShards: 2 } };
  for (let file = 0; file < 12; file += 1) fs.writeFileSync(join(source.path, `f${file}`), 'x'.repeat(2_000));
  const { plan } = await bench.backUp({ source: news, options: { full: true } });
  const shards = manifestOf(plan.backupId).shards.length;
  expect(shards).toBeGreaterThan(10);
  const read: number[] = [];
  for (let run = 0; run < 4; run += 1) {
    const [backup] = await verifySource(bench, news, { readPercent: 25, runId: `run-${run}` });
    read.push((backup?.data ?? []).reduce((sum, { objectsRead }) => sum + objectsRead, 0));
  }
  expect(read.reduce((sum, count) => sum + count, 0)).toBe(shards);
  expect(Math.max(...read)).toBeLessThan(shards);
});
