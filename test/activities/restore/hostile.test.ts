import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { StoredObject } from '../../../src/core/archive/manifest.js';
import { objectsNamed, type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';

let bench: RestoreBench;
let id: string;
let number = 0;
let target: string;
const restore = () =>
  bench.restore({ target: { kind: 'local', path: target, machine: 'test' }, point: { backupId: id } });
const below = (): string[] => (existsSync(target) ? readdirSync(target, { recursive: true }).map(String).sort() : []);

beforeAll(async () => {
  bench = await startRestoreBench();
});
afterAll(() => bench.stop());
beforeEach(async () => {
  rmSync(bench.tree, { recursive: true });
  rmSync(bench.vault, { recursive: true });
  for (const directory of [bench.tree, bench.vault, join(bench.tree, 'd')]) mkdirSync(directory);
  for (const file of ['a', 'd/b']) writeFileSync(join(bench.tree, file), `content of ${file}`);
  id = (await bench.backUp()).plan.backupId;
  target = bench.path(`targets/h${(number += 1)}`);
});

const stored = (file: string): Pick<StoredObject, 'sha256' | 'sizeBytes'> => ({
  sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
  sizeBytes: statSync(file).size,
});

/** Puts another tar in the place of the content's shard, as a hostile host could have made it: the manifest vouches for it. */
function replaceShard(write: (tar: string) => void): void {
  const [shard] = objectsNamed(bench.backupFolder(id), 'shard-00000') as [string];
  const tar = bench.path('crafted.tar');
  rmSync(tar, { force: true });
  write(tar);
  execFileSync('zstd', ['-q', '-f', tar, '-o', shard]);
  bench.rewriteManifest(id, (manifest) => ({
    ...manifest,
    shards: manifest.shards.map((known) => (known.name === basename(shard) ? { ...known, ...stored(shard) } : known)),
  }));
}

test('an archive with more padding than tar reads is whole all the same', async () => {
  replaceShard((tar) => {
    execFileSync('tar', [
      '--create',
      '-f',
      tar,
      '--format=posix',
      '--blocking-factor=8192',
      '-C',
      bench.tree,
      '--',
      'a',
      'd/b',
    ]);
  });
  const { report } = await restore();
  expect(report.status).toBe('ok');
  expect(below()).toEqual(['a', 'd', 'd/b']);
});

function replaceIndex(change: (lines: string[]) => string[]): void {
  const [index] = objectsNamed(bench.backupFolder(id), 'index-') as [string];
  const lines = execFileSync('zstd', ['-dcq', index], { encoding: 'latin1' }).split('\n').slice(0, -1);
  const changed = change(lines);
  execFileSync('zstd', ['-q', '-f', '-o', index], {
    input: Buffer.from(changed.map((line) => `${line}\n`).join(''), 'latin1'),
  });
  bench.rewriteManifest(id, (manifest) => ({
    ...manifest,
    index: { ...manifest.index, ...stored(index), lines: changed.length },
  }));
}

function addMember(tar: string, from: string, name: string): void {
  execFileSync('tar', [
    '--append',
    '-P',
    '-f',
    tar,
    `--transform=s,^.*$,${name},rSH`,
    '-C',
    bench.path('crafted'),
    '--',
    from,
  ]);
}

describe('an archive made by a hostile host', () => {
  test('members that the index does not know stay in the archive, wherever they point', async () => {
    const outside = bench.path(`outside-${number}`);
    const crafted = bench.path('crafted');
    rmSync(crafted, { recursive: true, force: true });
    for (const directory of [outside, crafted]) mkdirSync(directory);
    writeFileSync(join(crafted, 'evil'), 'evil');
    symlinkSync(outside, join(crafted, 'link'));
    writeFileSync(join(crafted, 'good'), 'content of a');
    replaceShard((tar) => {
      addMember(tar, 'evil', '../evil');
      addMember(tar, 'evil', join(outside, 'evil'));
      addMember(tar, 'good', 'a');
      addMember(tar, 'link', 'planted');
      addMember(tar, 'evil', 'planted/evil');
      addMember(tar, 'link', 'd/b');
      addMember(tar, 'evil', 'd/b/evil');
      addMember(tar, 'evil', 'unknown');
    });
    const { report } = await restore();
    expect(report.status).toBe('failed');
    expect(report.differences.first.join('\n')).toContain('d/b: type is l instead of f');
    expect(below()).toEqual(['a', 'd', 'd/b']);
    expect(readdirSync(outside)).toEqual([]);
    expect(existsSync(join(target, '../evil'))).toBe(false);
  });

  test.each([
    ['..', (line: string) => line.replace('"path":"a"', '"path":"../a"')],
    ['a name below a file', (line: string) => line.replace('"path":"d/b"', '"path":"a/b"')],
    ['a name below nothing', (line: string) => line.replace('"path":"d/b"', '"path":"e/b"')],
    ['a "." segment', (line: string) => line.replace('"path":"a"', '"path":"./a"')],
  ])('an index with %s is refused before anything is written', async (_, change) => {
    replaceIndex((lines) => lines.map(change).sort());
    await expect(restore()).rejects.toMatchObject({
      type: expect.stringMatching(/^UnsafePath|ObjectDamaged$/) as string,
    });
    expect(existsSync(target)).toBe(false);
  });
});

describe('a damaged archive', () => {
  const shard = (): string => objectsNamed(bench.backupFolder(id), 'shard-00000')[0] as string;

  test('a flipped bit is found before anything of the shard is unpacked', async () => {
    const bytes = readFileSync(shard());
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] as number) ^ 1;
    writeFileSync(shard(), bytes);
    await expect(restore()).rejects.toMatchObject({
      type: 'ObjectDamaged',
      message: expect.stringContaining(id) as string,
    });
    expect(below()).toEqual(['d']);
  });

  test.each([
    ['truncated', 'ObjectDamaged', () => truncateSync(shard(), statSync(shard()).size - 1)],
    ['missing', 'ObjectMissing', () => rmSync(shard())],
    ['index missing', 'ObjectMissing', () => rmSync(objectsNamed(bench.backupFolder(id), 'index-')[0] as string)],
  ])('%s: the failure names the backup, and the target is not touched', async (_, type, damage) => {
    damage();
    await expect(restore()).rejects.toMatchObject({ type, message: expect.stringContaining(id) as string });
    expect(existsSync(target)).toBe(false);
  });

  test('a broken link of the chain is named, and the points before it still come back', async () => {
    bench.settle(id);
    writeFileSync(join(bench.tree, 'a'), 'a later content');
    const second = (await bench.backUp()).plan.backupId;
    bench.settle(second);
    writeFileSync(join(bench.tree, 'c'), 'new');
    const third = (await bench.backUp()).plan.backupId;
    rmSync(join(bench.backupFolder(second), 'manifest.json'));
    const first = id;
    id = third;
    await expect(restore()).rejects.toMatchObject({
      type: 'ChainBroken',
      message: expect.stringContaining(second) as string,
    });
    id = first;
    expect((await restore()).report.status).toBe('ok');
  });
});
