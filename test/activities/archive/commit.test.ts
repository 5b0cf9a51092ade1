import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { discardArchivePlan } from '../../../src/activities/archive/discard-archive-plan.js';
import { decodeManifest } from '../../../src/activities/archive/manifest-schema.js';
import { listBackups } from '../../../src/activities/backups.js';
import type { ArchiveBench } from '../../support/archive-bench.js';
import { startArchiveBench } from '../../support/archive-bench.js';

let bench: ArchiveBench;
let number = 0;
let source: { name: string; path: string };
beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(() => bench?.stop());
beforeEach(() => {
  number += 1;
  source = { name: `s${number}`, path: join(bench.directory, `tree-${number}`) };
  fs.mkdirSync(join(source.path, 'd'), { recursive: true });
  fs.writeFileSync(join(source.path, 'd/a'), 'content');
});

const place = (...names: string[]): string => join(bench.vault, 'web1', source.name, ...names);
const below = (...names: string[]): string[] =>
  fs.existsSync(place(...names)) ? fs.readdirSync(place(...names), { recursive: true, encoding: 'utf8' }).sort() : [];
const writeAll = async (plan: Awaited<ReturnType<ArchiveBench['plan']>>): Promise<void> => {
  for (let shard = 0; shard < plan.shards; shard += 1) await bench.writeShard(plan, shard, { source });
};

describe('a commit', () => {
  test('leaves the manifest and what it names, and nothing else', async () => {
    const { commit } = await bench.backUp({ source });
    const manifest = decodeManifest(fs.readFileSync(place(commit.backupId, 'manifest.json')), 'manifest');
    const named = ['manifest.json', manifest.index.name, ...manifest.shards.map(({ name }) => name)];
    expect(below(commit.backupId)).toEqual(named.sort());
    expect(manifest).toMatchObject({
      level: 0,
      parent: null,
      chain: [commit.backupId],
      status: 'ok',
      flaws: { count: 0, first: [] },
    });
  });

  test('repeated by its own run says the same again', async () => {
    const plan = await bench.plan({ source });
    await writeAll(plan);
    const first = await bench.commit(plan, { source });
    const before = fs.readFileSync(place(plan.backupId, 'manifest.json'));
    expect(await bench.commit(plan, { source })).toEqual(first);
    expect(fs.readFileSync(place(plan.backupId, 'manifest.json'))).toEqual(before);
  });

  test('of two attempts at once makes one backup', async () => {
    const plan = await bench.plan({ source });
    await writeAll(plan);
    const [first, second] = await Promise.all([bench.commit(plan, { source }), bench.commit(plan, { source })]);
    expect(second).toEqual(first);
    const manifest = decodeManifest(fs.readFileSync(place(plan.backupId, 'manifest.json')), 'manifest');
    for (const { name, sizeBytes } of [manifest.index, ...manifest.shards])
      expect(fs.statSync(place(plan.backupId, name)).size).toBe(sizeBytes);
  });

  test('of another run with the same id is refused', async () => {
    const startedAtMs = Date.now();
    const plan = await bench.plan({ source, startedAtMs });
    await writeAll(plan);
    await bench.commit(plan, { source });
    const run = { workflowId: 'host/web1', runId: 'run-2' };
    await expect(bench.commit(plan, { source, run })).rejects.toMatchObject({ type: 'ChainMoved' });
  });

  test('after another backup was committed is refused, and can be planned again', async () => {
    await bench.backUp({ source });
    const late = await bench.plan({ source });
    await writeAll(late);
    await bench.backUp({ source });
    await expect(bench.commit(late, { source })).rejects.toMatchObject({ type: 'ChainMoved' });
    expect(fs.existsSync(place(late.backupId, 'manifest.json'))).toBe(false);
    expect((await bench.backUp({ source })).plan.level).toBe(2);
  });

  test('without all shards is refused', async () => {
    const plan = await bench.plan({ source });
    await bench.writeShard(plan, 0, { source });
    await expect(bench.commit(plan, { source })).rejects.toMatchObject({ type: 'ObjectMissing' });
    expect(below(plan.backupId)).not.toContain('manifest.json');
  });

  test('takes a shard that two attempts wrote once, and removes the other', async () => {
    const plan = await bench.plan({ source });
    await writeAll(plan);
    const hidden = place('aside');
    fs.renameSync(place(plan.backupId, `plan-${plan.planPrefix.split('/plan-')[1]}`, 'done'), hidden);
    await bench.writeShard(plan, 0, { source });
    fs.cpSync(hidden, place(plan.backupId, `plan-${plan.planPrefix.split('/plan-')[1]}`, 'done'), { recursive: true });
    fs.rmSync(hidden, { recursive: true });
    expect(below(plan.backupId).filter((name) => name.startsWith('shard-00000'))).toHaveLength(2);
    await bench.commit(plan, { source });
    expect(below(plan.backupId).filter((name) => name.startsWith('shard-00000'))).toHaveLength(1);
  });
});

describe('a broken chain starts anew, with a note, when', () => {
  const damage: readonly [string, (id: string) => void, RegExp][] = [
    ['a manifest is missing', (id) => fs.rmSync(place(id, 'manifest.json')), /its manifest is missing/],
    [
      'a manifest was edited',
      (id) => {
        const file = place(id, 'manifest.json');
        fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"status": "ok"', '"status": "warning"'));
      },
      /its checksum does not fit/,
    ],
    ['a manifest is cut off', (id) => fs.truncateSync(place(id, 'manifest.json'), 100), /it is not JSON/],
    ['an index is missing', (id) => fs.rmSync(place(id, object(id, 'index'))), /index-.* is missing/],
    ['an index is cut off', (id) => fs.truncateSync(place(id, object(id, 'index')), 9), /has 9 bytes, not/],
    [
      'a bit of an index has flipped',
      (id) => {
        const file = place(id, object(id, 'index'));
        const bytes = fs.readFileSync(file);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
        fs.writeFileSync(file, bytes);
      },
      /its SHA-256 is not the one recorded/,
    ],
    ['a shard is missing', (id) => fs.rmSync(place(id, object(id, 'shard-00000'))), /shard-00000-.* is missing/],
    ['a shard is cut off', (id) => fs.truncateSync(place(id, object(id, 'shard-00000')), 0), /has 0 bytes, not/],
  ];
  const object = (id: string, start: string): string => below(id).find((name) => name.startsWith(start)) as string;

  test.each(damage)('%s', async (_what, harm, note) => {
    const first = await bench.backUp({ source });
    await bench.backUp({ source });
    harm(first.commit.backupId);
    const plan = await bench.plan({ source });
    expect(plan).toMatchObject({ level: 0, parent: null, chain: [plan.backupId] });
    expect(plan.notes.join(' ')).toMatch(/^A new chain starts: /);
    expect(plan.notes.join(' ')).toMatch(note);
  });

  test('the newest manifest itself is damaged', async () => {
    const { commit } = await bench.backUp({ source });
    fs.truncateSync(place(commit.backupId, 'manifest.json'), 100);
    const run = await bench.backUp({ source });
    expect(run.plan).toMatchObject({ level: 0 });
    expect((await bench.backUp({ source })).plan).toMatchObject({ level: 1, parent: run.commit.backupId });
  });

  test('a manifest was put in the place of another', async () => {
    const first = await bench.backUp({ source });
    const second = await bench.backUp({ source });
    fs.copyFileSync(place(second.commit.backupId, 'manifest.json'), place(first.commit.backupId, 'manifest.json'));
    expect((await bench.plan({ source })).notes.join(' ')).toMatch(/is the manifest of/);
  });

  test('the path has changed', async () => {
    await bench.backUp({ source });
    const elsewhere = join(bench.directory, `elsewhere-${number}`);
    fs.renameSync(source.path, elsewhere);
    const plan = await bench.plan({ source: { ...source, path: elsewhere } });
    expect(plan).toMatchObject({ level: 0 });
    expect(plan.notes.join(' ')).toContain('the path was');
  });
});

describe('a plan', () => {
  test('of a dry run writes nothing', async () => {
    const plan = await bench.plan({ source, options: { dryRun: true } });
    expect(plan).toMatchObject({ planPrefix: '', shards: 2, changed: 3 });
    expect(below()).toEqual([]);
  });

  test('with --full starts a new chain', async () => {
    await bench.backUp({ source });
    const plan = await bench.plan({ source, options: { full: true } });
    expect(plan).toMatchObject({ level: 0, changed: 3, previousEntries: 3, deleted: 0 });
    expect(plan.notes).toEqual(['A new chain starts: a full backup was asked for.']);
  });

  test('takes the next second when the clock went back a little, and refuses when it went back far', async () => {
    const startedAtMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    await bench.backUp({ source, startedAtMs });
    expect((await bench.plan({ source, startedAtMs: startedAtMs - 30_000 })).backupId).toBe('20260102T030406Z-1');
    expect((await bench.plan({ source, startedAtMs })).backupId).toBe('20260102T030406Z-1');
    const far = bench.plan({ source, startedAtMs: startedAtMs - 61_000 });
    await expect(far).rejects.toMatchObject({ type: 'ClockBehind' });
  });

  test('does not see what unfinished backups left', async () => {
    const plan = await bench.plan({ source });
    await bench.writeShard(plan, 0, { source });
    expect(await bench.plan({ source })).toMatchObject({ level: 0, notes: [] });
  });

  test('that is discarded leaves nothing, and a discarded plan of a committed backup leaves the backup', async () => {
    const plan = await bench.plan({ source });
    await writeAll(plan);
    const discard = () => discardArchivePlan(bench.providers, bench.control(), { source: bench.source(source), plan });
    await discard();
    expect(below(plan.backupId)).toEqual([]);
    await discard();
    const { plan: kept } = await bench.backUp({ source });
    const before = below(kept.backupId);
    await discardArchivePlan(bench.providers, bench.control(), { source: bench.source(source), plan: kept });
    expect(below(kept.backupId)).toEqual(before);
  });
});

describe('a destination', () => {
  const at = (name: string) => {
    const path = join(bench.directory, name);
    fs.mkdirSync(path, { recursive: true });
    return { ...source, destination: { name, type: 'local' as const, path } };
  };
  test('becomes a repository with its first use', async () => {
    await bench.plan({ source: at('first-use') });
    const record: unknown = JSON.parse(fs.readFileSync(join(bench.directory, 'first-use/holdfast.json'), 'utf8'));
    expect(record).toMatchObject({ kind: 'holdfast-repository', format: 1, recipients: [] });
  });

  test.each([
    ['of a later format', '{"kind":"holdfast-repository","format":2}'],
    ['of something else', '{"kind":"photos"}'],
    ['that is no JSON', 'hello'],
    ['that is null', 'null'],
  ])('with a record %s is refused', async (what, text) => {
    const other = at(`refused ${what}`);
    fs.writeFileSync(join(other.destination.path, 'holdfast.json'), text);
    await expect(bench.plan({ source: other })).rejects.toMatchObject({ type: 'DestinationInvalid' });
  });
});

test('backups are listed newest first, with what is damaged beside them', async () => {
  const config = join(bench.directory, 'config.yaml');
  fs.writeFileSync(
    config,
    [
      'destinations:',
      `  vault: { type: local, path: ${bench.vault} }`,
      `  gone: { type: local, path: ${bench.directory}/nowhere }`,
      'hosts:',
      '  web1:',
      '    hostname: 127.0.0.1',
      '    paths:',
      `      - { path: ${source.path}, dest_subdir: ${source.name}, engine: archive, destination: vault }`,
      '  web2:',
      '    hostname: 127.0.0.1',
      '    paths:',
      '      - { path: /etc, dest_subdir: etc, engine: archive, destination: gone }',
      '',
    ].join('\n'),
  );
  const runs = [await bench.backUp({ source }), await bench.backUp({ source }), await bench.backUp({ source })];
  await bench.plan({ source });
  const ids = runs.map(({ commit }) => commit.backupId);
  fs.truncateSync(place(ids[1] as string, 'manifest.json'), 9);
  const input = { configPath: config, selection: { hosts: [], sources: [], tags: [] }, limit: 10 };
  const { backups, failures } = await listBackups(bench.providers, bench.control(), input);
  expect(backups.map(({ id }) => id)).toEqual([ids[2], ids[0]]);
  expect(backups[0]).toMatchObject({
    host: 'web1',
    source: source.name,
    engine: 'archive',
    destination: 'vault',
    level: 2,
    parent: ids[1],
    status: 'ok',
    entries: 3,
    sourceBytes: 7,
  });
  expect(failures.map(({ type, host }) => [type, host])).toEqual([
    ['ManifestDamaged', 'web1'],
    ['DestinationNotFound', 'web2'],
  ]);
  expect((await listBackups(bench.providers, bench.control(), { ...input, limit: 1 })).backups).toHaveLength(1);
});
