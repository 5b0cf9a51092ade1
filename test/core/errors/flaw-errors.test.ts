import { describe, expect, test } from 'vitest';
import { parseTarComplaint } from '../../../src/core/archive/tar-complaints.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { errorCountsOfFlaws, errorTypeOfFlaw } from '../../../src/core/errors/flaw-errors.js';

describe('the type of a flaw', () => {
  test.each([
    ['tar: ./a: Cannot open: Permission denied', 'permission'],
    ['tar: ./a: Cannot stat: Permission denied', 'permission'],
    ['tar: ./a: Cannot savedir: Operation not permitted', 'permission'],
    ['tar: ./a: Warning: Cannot llistxattrat: Permission denied', 'permission'],
    ['tar: ./a: Cannot stat: No such file or directory', 'vanished'],
    ['tar: ./a: Cannot open: No such file or directory', 'vanished'],
    ['tar: ./a: File removed before we read it', 'vanished'],
    ['tar: ./a: Cannot stat: Stale file handle', 'vanished'],
    ['tar: ./a: file changed as we read it', 'partial'],
    ['tar: ./a: File shrank by 4096 bytes; padding with zeros', 'partial'],
    ['tar: ./a: Read error at byte 0, while reading 10240 bytes: Input/output error', 'partial'],
    ['tar: ./a: Cannot read: Input/output error', 'partial'],
    ['tar: ./a: Cannot open: Transport endpoint is not connected', 'connection'],
    ['tar: ./a: Read error at byte 512, while reading 512 bytes: Connection timed out', 'timeout'],
    ['tar: ./a: socket ignored', 'partial'],
    ['tar: ./a: file name is too long (max 99); not dumped', 'partial'],
    ['/opt/gnu/tar: ./a: Cannot open: Permission denied', 'permission'],
    ['tar: ./Permission denied: file changed as we read it', 'partial'],
  ] as const)('%s: %s', (line, type) => {
    const complaint = parseTarComplaint(line);
    if (complaint === undefined) throw new Error(`${line} is no complaint of tar`);
    expect(errorTypeOfFlaw({ flaw: complaint.verdict, message: complaint.message })).toBe(type);
  });

  test.each([
    ['find could not look at it: Permission denied', 'permission'],
    ['find could not look at it: File system loop', 'partial'],
    ['Cannot read: Permission denied', 'permission'],
    ['Cannot read: Input/output error', 'partial'],
    ['it is no longer a regular file', 'partial'],
  ] as const)('of a scan or a large file: %s: %s', (message, type) => {
    expect(errorTypeOfFlaw({ flaw: 'unreadable', message })).toBe(type);
  });

  test('of many that are not named is that their entries are not stored as they were', () => {
    const first = [
      { flaw: 'unreadable', message: 'Cannot open: Permission denied' },
      { flaw: 'vanished', message: 'File removed before we read it' },
    ] as const;
    expect(errorCountsOfFlaws({ count: 2, first })).toEqual({ ...NO_ERRORS, permission: 1, vanished: 1 });
    expect(errorCountsOfFlaws({ count: 12, first })).toEqual({ ...NO_ERRORS, permission: 1, vanished: 1, partial: 10 });
    expect(errorCountsOfFlaws({ count: 0, first: [] })).toEqual(NO_ERRORS);
  });
});
