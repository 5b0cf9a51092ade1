import { describe, expect, test } from 'vitest';
import { parseScanComplaint, parseScanComplaints, UnknownPaths } from '../../../src/core/scan/complaints.js';

describe('a complaint of find', () => {
  test.each([
    ["find: './a/b': Permission denied", 'a/b', 'unreadable', 'Permission denied'],
    ["find: '.': Permission denied", '', 'unreadable', 'Permission denied'],
    ["find: './loc\\'k\\ned': Permission denied", "loc'k\ned", 'unreadable', 'Permission denied'],
    ["find: './\\377\\303\\251': Input/output error", '\xff\xc3\xa9', 'unreadable', 'Input/output error'],
    ["find: './it': is: odd': Stale file handle", "it': is: odd", 'unreadable', 'Stale file handle'],
    ["find: `./old style': Permission denied", 'old style', 'unreadable', 'Permission denied'],
    ["find: './x': No such file or directory", 'x', 'gone', 'No such file or directory'],
    [
      "find: File system loop detected; './a/loop' is part of the same file system loop as '.'.",
      'a/loop',
      'unreadable',
      'File system loop',
    ],
  ])('%s', (line, path, kind, reason) => {
    expect(parseScanComplaint(line)).toEqual({ path, kind, reason });
  });

  test.each([
    "find: unknown predicate `-printf'",
    "find: '/etc/x': Permission denied",
    'find: fts_read: Cannot allocate memory',
    'sh: 1: find: not found',
  ])('is not made of: %s', (line) => {
    expect(parseScanComplaint(line)).toBeUndefined();
    expect(parseScanComplaints([line, '']).unknown).toEqual([line]);
  });
});

describe('unknown paths', () => {
  const unknown = new UnknownPaths(['a/b', 'c']);
  test.each([
    ['a/b', true],
    ['a/b/x/y', true],
    ['c/d', true],
    ['a', false],
    ['a/bc', false],
    ['', false],
  ])('cover %j: %s', (path, covered) => {
    expect(unknown.covers(path)).toBe(covered);
  });

  test('cover everything when the source itself could not be read', () => {
    expect(new UnknownPaths(['']).covers('a/b')).toBe(true);
  });
});
