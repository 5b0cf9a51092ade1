import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DuSum, judgeDu, parseBtrfsDu } from '../../../src/core/sizes/du.js';

const record = fc.tuple(
  fc.nat({ max: 2 ** 40 }),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => bytes.filter((byte) => byte !== 0)),
);

describe('the sum of du', () => {
  test('is that of its records, whatever bytes paths have and wherever chunks are cut', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), fc.integer({ min: 1, max: 50 }), (records, chunkBytes) => {
        const output = Buffer.concat(
          records.map(([size, path]) => Buffer.concat([Buffer.from(`${size}\t`), path, Buffer.of(0)])),
        );
        const sum = new DuSum();
        for (let at = 0; at < output.length; at += chunkBytes) sum.add(output.subarray(at, at + chunkBytes));
        expect(sum.garbled).toBe(false);
        expect(sum.totalBytes).toBe(records.reduce((total, [size]) => total + size, 0));
        expect(sum.directories).toBe(records.length);
      }),
      { numRuns: 1_000 },
    );
  });

  test('counts whole records only', () => {
    const sum = new DuSum();
    sum.add(Buffer.from('4096\ta\0' + '8192\tb'));
    expect([sum.totalBytes, sum.directories]).toEqual([4_096, 1]);
  });

  test.each(['du: what', '\tno size\0', '12x\ta\0', '-1\ta\0'])('says so when %j is not du’s form', (text) => {
    const sum = new DuSum();
    sum.add(Buffer.from(text));
    expect(sum.garbled).toBe(true);
  });
});

describe('du’s end', () => {
  const end = (status: number, ...lines: string[]) => ({ status, lines, linesTruncated: false });

  test('is complete without complaints, and when things vanished meanwhile', () => {
    expect(judgeDu(end(0))).toEqual({ complete: true, remarks: [] });
    const vanished = judgeDu(end(1, "du: cannot access 'a/b': No such file or directory"));
    expect(vanished.complete).toBe(true);
    expect(vanished.remarks[0]).toContain('1 entries vanished');
  });

  test.each([
    end(1, "du: cannot read directory 'a': Permission denied"),
    end(1, "du: cannot access 'a': Input/output error", "du: cannot access 'b': No such file or directory"),
    end(1),
    end(137),
    end(2, "du: cannot access 'a': No such file or directory"),
    { status: 0, lines: [], linesTruncated: true },
  ])('is not complete as %j', (how) => {
    const judged = judgeDu(how);
    expect(judged.complete).toBe(false);
    expect(judged.remarks.length).toBeGreaterThan(0);
  });

  test('is told in ten sentences at most', () => {
    const lines = Array.from({ length: 5_000 }, (_, line) => `du: cannot read directory 'd${line}': Permission denied`);
    expect(judgeDu(end(1, ...lines)).remarks).toHaveLength(10);
  });
});

test('btrfs’ figures are read, and nothing else is taken for them', () => {
  const head = '     Total   Exclusive  Set shared  Filename\n';
  expect(parseBtrfsDu(`${head}  10485760     4194304     6291456  /b/web1/data/.\n`)).toEqual({
    exclusiveBytes: 4_194_304,
    sharedBytes: 6_291_456,
  });
  for (const text of [
    '',
    head,
    `${head}  1  -  -  x\n`,
    '     10485760     4194304     6291456  x\n',
    'ERROR: cannot\n1 2 3 x\n',
  ])
    expect(parseBtrfsDu(text)).toBeUndefined();
});
