import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../src/core/entries/entry.js';
import { ExtentCollector } from '../../../src/core/extents/collector.js';
import { decideExtent, extentsBefore, extentsWithData } from '../../../src/core/extents/decisions.js';
import type { ExtentFile } from '../../../src/core/extents/layout.js';
import {
  cutBatches,
  EXTENT_BYTES,
  extentCount,
  extentRange,
  extentSizeFor,
  isLargeFile,
  MAX_EXTENTS,
} from '../../../src/core/extents/layout.js';
import type { ExtentMap, StoredExtent } from '../../../src/core/extents/map.js';
import { decodeExtentMap, encodeExtentMap, ExtentMapError } from '../../../src/core/extents/map.js';
import { decodeIndexLine, encodeIndexLine } from '../../../src/core/archive/index-codec.js';
import { readSparseMap } from '../../../src/core/extents/sparse-map.js';

const entry = (news: Partial<Entry> = {}): Entry => ({
  path: 'disk.img',
  type: 'f',
  sizeBytes: 2 ** 31,
  mtime: '1795240849.946378927',
  ctime: '1795240849.946378927',
  inode: '12',
  device: '5',
  mode: '600',
  uid: 0,
  gid: 0,
  links: 1,
  blocks: 8,
  target: '',
  ...news,
});
const fileOf = (number: number, sizeBytes: number, extentSizeBytes = EXTENT_BYTES): ExtentFile => ({
  number,
  path: `f${number}`,
  sizeBytes,
  blocks: 8,
  mtime: '1.000000000',
  ctime: '1.000000000',
  inode: '1',
  extentSizeBytes,
});
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const TIB = 2 ** 40;

describe('large files', () => {
  test('are regular, have one name, and at least the size of the setting', () => {
    expect(isLargeFile(entry(), 2 ** 31)).toBe(true);
    expect(isLargeFile(entry(), 2 ** 31 + 1)).toBe(false);
    expect(isLargeFile(entry({ links: 2 }), 1)).toBe(false);
    expect(isLargeFile(entry({ type: 'b' }), 1)).toBe(false);
    expect(isLargeFile(entry({ sizeBytes: 0 }), 0)).toBe(false);
    expect(isLargeFile(entry(), undefined)).toBe(false);
  });

  test('have a line of their own in the index, and older lines are read as before', () => {
    const line = { deleted: false as const, entry: entry(), shard: 4, large: 7 };
    expect(encodeIndexLine(line)).toMatch(/,"shard":4,"large":7}$/);
    expect(decodeIndexLine(encodeIndexLine(line))).toEqual(line);
    const draft = { deleted: false as const, entry: entry(), large: 0 };
    expect(decodeIndexLine(encodeIndexLine(draft), 'draft')).toEqual(draft);
    expect(decodeIndexLine(encodeIndexLine({ ...line, flaw: 'changed' }))).toEqual({ ...line, flaw: 'changed' });
  });

  test('keep the extents of the version before, whatever the others need', () => {
    const collector = new ExtentCollector({ largeFileSizeBytes: 2 ** 30, extentSizeBytes: EXTENT_BYTES });
    expect(collector.take(entry())).toBe(0);
    expect(collector.take(entry({ path: 'small', sizeBytes: 5 }))).toBeUndefined();
    expect(collector.take(entry({ path: 'vast', sizeBytes: 20 * TIB }))).toBe(1);
    const map = { name: 'extents/x', sha256: 'a'.repeat(64), sizeBytes: 3 };
    const known = { backupId: '20261121T042200Z-0', map, extentSizeBytes: EXTENT_BYTES * 8 };
    const [small, vast] = collector.files((path) => (path === 'disk.img' ? known : undefined));
    expect(vast?.extentSizeBytes).toBe(EXTENT_BYTES * 16);
    expect(small).toMatchObject({ extentSizeBytes: EXTENT_BYTES * 8, previous: { backupId: known.backupId, map } });
  });
});

describe('batches', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 * TIB }), { minLength: 1, maxLength: 50 });

  test('hold every extent of every file once, in order, and are few', () => {
    fc.assert(
      fc.property(sizes, (all) => {
        const size = extentSizeFor(all, EXTENT_BYTES);
        const files = all.map((sizeBytes, number) => fileOf(number, sizeBytes, size));
        const batches = cutBatches(files);
        const total = files.reduce((sum, file) => sum + extentCount(file.sizeBytes, size), 0);
        expect(total).toBeLessThanOrEqual(MAX_EXTENTS + files.length);
        expect(batches.length).toBeLessThanOrEqual(Math.max(401, Math.ceil(total / 16)));
        expect(batches.length).toBeLessThanOrEqual(401);
        const runs = batches.flat();
        for (const file of files) {
          const own = runs.filter((run) => run.file === file.number);
          expect(own[0]?.from).toBe(0);
          expect(own.at(-1)?.to).toBe(extentCount(file.sizeBytes, size));
          for (const [at, run] of own.entries()) if (at > 0) expect(run.from).toBe(own[at - 1]?.to);
          const last = extentRange(file, extentCount(file.sizeBytes, size) - 1);
          expect(last.offsetBytes + last.lengthBytes).toBe(file.sizeBytes);
        }
      }),
    );
  });

  test('are one for files of a few GiB', () => {
    expect(cutBatches([fileOf(0, 2 ** 30)])).toEqual([[{ file: 0, from: 0, to: 16 }]]);
    expect(cutBatches([fileOf(0, 2 ** 30 - 1), fileOf(1, 2 ** 30)])).toHaveLength(2);
    expect(cutBatches([fileOf(0, 5 * EXTENT_BYTES), fileOf(1, 5 * EXTENT_BYTES + 1)])).toEqual([
      [
        { file: 0, from: 0, to: 5 },
        { file: 1, from: 0, to: 6 },
      ],
    ]);
  });
});

describe('a map', () => {
  const stored = (extent: number): StoredExtent => ({
    extent,
    contentSha256: 'b'.repeat(64),
    backupId: '20261121T042200Z-0',
    object: { name: `extents/00000-${extent}-run.zst`, sha256: 'c'.repeat(64), sizeBytes: extent + 5 },
  });
  const map = (extents: readonly number[]): ExtentMap => ({
    sizeBytes: 1000,
    extentSizeBytes: 10,
    mtime: '1795240849.946378927',
    extents: extents.map(stored),
  });
  const textOf = (one: ExtentMap): string => [...encodeExtentMap(one)].join('');

  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 99 })), (extents) => {
        const one = map(extents.sort((a, b) => a - b));
        expect(decodeExtentMap(textOf(one))).toEqual(one);
      }),
    );
  });

  test.each([
    ['its last line is cut off', (text: string) => text.slice(0, -1)],
    ['a line is missing', (text: string) => `${text.split('\n').slice(0, -2).join('\n')}\n`],
    ['a line too many', (text: string) => `${text}${text.split('\n')[1]}\n`],
    ['lines change places', (text: string) => text.replace('"extent":1,', '"extent":9,')],
    ['an extent lies beyond the end', (text: string) => text.replace('"extent":3,', '"extent":300,')],
    ['a name leads elsewhere', (text: string) => text.replace('extents/00000-1', 'extents/../../x')],
    ['a hash is none', (text: string) => text.replace('bbbb', 'xxxx')],
    ['the backup is none', (text: string) => text.replace('20261121T042200Z-0', '../other')],
    ['the head is gone', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['it is empty', () => ''],
  ])('is refused when %s', (_what, change) => {
    expect(() => decodeExtentMap(change(textOf(map([0, 1, 3]))))).toThrow(ExtentMapError);
  });
});

describe('extents', () => {
  test('of any edits, over a chain: what is stored and what is kept give the content back', () => {
    const size = 8;
    const version = fc.uint8Array({ min: 0, max: 2, maxLength: 100 });
    fc.assert(
      fc.property(fc.array(version, { minLength: 1, maxLength: 6 }), (versions) => {
        const objects = new Map<string, Uint8Array>();
        let previous: ExtentMap | undefined;
        for (const [level, content] of versions.entries()) {
          const file = fileOf(0, content.length, size);
          const known = extentsBefore(previous, size);
          const extents: StoredExtent[] = [];
          for (let extent = 0; extent < extentCount(content.length, size); extent += 1) {
            const { offsetBytes, lengthBytes } = extentRange(file, extent);
            const bytes = content.subarray(offsetBytes, offsetBytes + lengthBytes);
            const zeros = sha256(new Uint8Array(lengthBytes));
            // Without a version before nothing is hashed ahead.
            const hash = known.has(extent) ? sha256(bytes) : undefined;
            const decision = decideExtent(hash, zeros, known.get(extent));
            if (decision.do === 'keep') extents.push(decision.stored);
            if (decision.do !== 'send' || sha256(bytes) === zeros) continue;
            const name = `extents/${level}-${extent}`;
            objects.set(name, bytes);
            const object = { name, sha256: sha256(bytes), sizeBytes: lengthBytes };
            extents.push({ extent, contentSha256: sha256(bytes), backupId: `2026112${level}T042200Z-0`, object });
          }
          previous = { sizeBytes: content.length, extentSizeBytes: size, mtime: '1.000000000', extents };
          const restored = new Uint8Array(content.length);
          for (const one of previous.extents)
            restored.set(objects.get(one.object.name) as Uint8Array, one.extent * size);
          expect(restored).toEqual(new Uint8Array(content));
        }
      }),
    );
  });

  test('of another size are other pieces: none of them is kept', () => {
    const extents = [{ extent: 0, contentSha256: '', backupId: '', object: { name: '', sha256: '', sizeBytes: 0 } }];
    const map = { sizeBytes: 10, extentSizeBytes: 8, mtime: '', extents };
    expect(extentsBefore(map, 8).size).toBe(1);
    expect(extentsBefore(map, 16).size).toBe(0);
  });

  test('without data are left out, those with a byte of it are not', () => {
    const run = { file: 0, from: 1, to: 5 };
    const file = fileOf(0, 50, 10);
    expect(extentsWithData(run, file, undefined)).toEqual([1, 2, 3, 4]);
    expect(extentsWithData(run, file, [])).toEqual([]);
    expect(extentsWithData(run, file, [{ offsetBytes: 0, endBytes: 10 }])).toEqual([]);
    expect(extentsWithData(run, file, [{ offsetBytes: 19, endBytes: 21 }])).toEqual([1, 2]);
    expect(extentsWithData(run, file, [{ offsetBytes: 0, endBytes: 50 }])).toEqual([1, 2, 3, 4]);
  });
});

describe('the parts of a sparse file', () => {
  const tarOf = (make: (file: string) => void): Buffer => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-sparse-'));
    try {
      make(join(directory, 'f'));
      const words = ['--create', '--file=-', '--format=posix', '--sparse', '--sparse-version=1.0', 'f'];
      return execFileSync('tar', words, { cwd: directory, maxBuffer: 1 << 27 });
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  test('are what GNU tar says of them', () => {
    const tar = tarOf((file) => {
      writeFileSync(file, '');
      execFileSync('truncate', ['-s', '20G', file]);
      for (const megabyte of [0, 1000, 15_000]) {
        execFileSync('dd', [
          'if=/dev/urandom',
          `of=${file}`,
          'bs=1M',
          'count=1',
          `seek=${megabyte}`,
          'conv=notrunc',
          'status=none',
        ]);
      }
    });
    const at = (megabyte: number) => ({ offsetBytes: megabyte * 2 ** 20, endBytes: (megabyte + 1) * 2 ** 20 });
    expect(readSparseMap(tar)).toEqual([at(0), at(1000), at(15_000)]);
    expect(readSparseMap(tar.subarray(0, 1536 + 10))).toBeUndefined();
  });

  test('are not guessed for a file without holes, or for what is no tar', () => {
    expect(readSparseMap(tarOf((file) => writeFileSync(file, 'x'.repeat(5000))))).toBeUndefined();
    expect(readSparseMap(Buffer.alloc(0))).toBeUndefined();
    expect(readSparseMap(Buffer.alloc(10_240))).toBeUndefined();
  });

  test('are none where there is only a hole', () => {
    expect(readSparseMap(tarOf((file) => execFileSync('truncate', ['-s', '1G', file])))).toEqual([]);
  });
});
