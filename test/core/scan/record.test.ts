import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordCutter } from '../../../src/core/entries/byte-records.js';
import type { Entry } from '../../../src/core/entries/entry.js';
import { comparePaths } from '../../../src/core/entries/entry.js';
import { parseScanRecord } from '../../../src/core/scan/record.js';
import { entries } from '../../support/arbitrary-entries.js';

const printed = (e: Entry): string =>
  `${e.path}//${e.type} ${e.sizeBytes} ${e.mtime}0 ${e.ctime}0 ${e.inode} ${e.device} ${e.mode} ${e.uid} ${e.gid} ${e.links} ${e.blocks}//${e.target}`;

describe('a scan’s records', () => {
  test('give back every entry that find can print', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(parseScanRecord(printed(entry))).toEqual(entry);
      }),
    );
  });

  test('sorted bytewise stand in the order of comparePaths', () => {
    fc.assert(
      fc.property(fc.uniqueArray(entries, { selector: ({ path }) => path, maxLength: 30 }), (some) => {
        const byRecord = [...some].sort((a, b) => (printed(a) < printed(b) ? -1 : 1)).map(({ path }) => path);
        expect(byRecord).toEqual(some.map(({ path }) => path).sort(comparePaths));
      }),
    );
  });

  test('survive being cut anywhere on the way', () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (some, chunkBytes) => {
        const bytes = Buffer.from(some.map((entry) => `${printed(entry)}\0`).join(''), 'latin1');
        const cutter = new RecordCutter('\0');
        const records: string[] = [];
        for (let at = 0; at < bytes.length; at += chunkBytes)
          records.push(...cutter.push(bytes.subarray(at, at + chunkBytes)));
        expect(records.map(parseScanRecord)).toEqual(some);
        expect(cutter.rest).toBe('');
      }),
    );
  });

  test.each([
    ['without fields', 'a//'],
    ['of an unknown type', 'a//D 1 1.0 1.0 1 1 644 0 0 1 8//'],
    ['with a field too few', 'a//f 1 1.0 1.0 1 1 644 0 0 1//'],
    ['with a size that is no number', 'a//f x 1.0 1.0 1 1 644 0 0 1 8//'],
    ['with a size too large to count', 'a//f 99999999999999999999 1.0 1.0 1 1 644 0 0 1 8//'],
    ['with a time without fraction', 'a//f 1 1 1.0 1 1 644 0 0 1 8//'],
  ])('%s are refused', (_what, record) => {
    expect(() => parseScanRecord(record)).toThrow('a record that is none');
  });

  test('from before 1970 keep their times as find prints them', () => {
    const { mtime } = parseScanRecord('a//f 1 -315619200.5000000000 0.0000000000 1 1 644 0 0 1 8//');
    expect(mtime).toBe('-315619200.500000000');
  });
});
