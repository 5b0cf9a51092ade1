import { describe, expect, test } from 'vitest';
import { isZstdRemark, tarTotal, zstdCounts } from '../../../src/core/archive/tar-byte-counts.js';
import { isTarFarewell, parseTarComplaint } from '../../../src/core/archive/tar-complaints.js';
import { TarReport } from '../../../src/core/archive/tar-outcome.js';

describe('a complaint of tar', () => {
  test.each([
    ['tar: a/b: file changed as we read it', 'a/b', 'changed'],
    ['tar: a: File shrank by 4096 bytes; padding with zeros', 'a', 'changed'],
    ['tar: a: File shrank by 1 byte; padding with zeros', 'a', 'changed'],
    ['tar: a: Warning: Cannot llistxattrat: Operation not permitted', 'a', 'changed'],
    ['tar: a: File removed before we read it', 'a', 'vanished'],
    ['tar: a: Cannot stat: No such file or directory', 'a', 'vanished'],
    ['tar: a: Cannot open: No such file or directory', 'a', 'vanished'],
    ['tar: a: Cannot open: Permission denied', 'a', 'unreadable'],
    ['tar: a: Cannot stat: Permission denied', 'a', 'unreadable'],
    ['tar: a: Cannot readlink: Input/output error', 'a', 'unreadable'],
    ['tar: a: Read error at byte 0, while reading 512 bytes: Input/output error', 'a', 'unreadable'],
    ['tar: a: file name is too long (max 4096); not dumped', 'a', 'unreadable'],
    ['tar: sock: socket ignored', 'sock', 'unsupported'],
    ['/usr/bin/tar: n\\nl\\377: Cannot open: Permission denied', 'n\nl\xff', 'unreadable'],
    ['tar: x: Cannot stat: y: Cannot open: Permission denied', 'x: Cannot stat: y', 'unreadable'],
  ])('%s', (line, name, verdict) => {
    expect(parseTarComplaint(line)).toMatchObject({ name, verdict });
  });

  test.each([
    "tar: Removing leading `/' from member names",
    "tar: unrecognized option '--xattrs'",
    'tar: -: Wrote only 4096 of 10240 bytes',
    'tar: a: implausibly old time stamp 1969-12-31',
    'tar: Error is not recoverable: exiting now',
    'zstd: error 70 : Write error',
  ])('is not made of: %s', (line) => {
    expect(parseTarComplaint(line)).toBeUndefined();
    expect(isTarFarewell(line)).toBe(false);
  });
});

describe('byte counts', () => {
  test('are read from tar', () => {
    expect(tarTotal('Total bytes written: 40960 (40KiB, 33MiB/s)')).toBe(40960);
    expect(tarTotal('tar: Total bytes written: 1 (x)')).toBeUndefined();
  });

  test.each([
    ['/*stdin*\\            :  2.08%   ( 40960 B =>    851 B, /*stdout*\\) ', 40960, 851],
    ['/*stdin*\\            :1400.00%   (     1 B =>     14 B, /*stdout*\\) ', 1, 14],
    ['/*stdin*\\            : 66.16%   (1607290880 => 1063006195 bytes, /*stdout*\\) ', 1607290880, 1063006195],
  ])('are read from zstd: %s', (line, bytesIn, bytesOut) => {
    expect(zstdCounts(line)).toEqual({ bytesIn, bytesOut });
  });

  test('rounded for people are none', () => {
    expect(zstdCounts('/*stdin*\\            : 2.08%   (  40.0 KiB =>    851 B, /*stdout*\\) ')).toBeUndefined();
  });

  test.each([
    '*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***',
    '--zstd=wlog=21,clog=16,hlog=17,slog=1,mml=5,tlen=0,strat=2',
    'Using stdin for input ',
    '/*stdin*\\            : Completed in 0.00 sec  (cpu load : 22%)',
  ])('remark: %s', (line) => expect(isZstdRemark(line)).toBe(true));
});

describe('what a shard’s stages said', () => {
  const TOTAL = 'Total bytes written: 10240 (10KiB, 33MiB/s)';
  const FAREWELL = 'tar: Exiting with failure status due to previous errors';
  const report = (...lines: string[]): TarReport => {
    const said = new TarReport(['a', 'b', '.']);
    for (const line of lines) said.take(line);
    return said;
  };

  test('is well with status 0 and tar’s total', () => {
    expect(report(TOTAL).tarProblem(0)).toBeUndefined();
  });
  test('is well with status 1 or 2 when every complaint is known', () => {
    expect(report('tar: a: file changed as we read it', TOTAL).tarProblem(1)).toBeUndefined();
    expect(report('tar: a: Cannot open: Permission denied', TOTAL, FAREWELL).tarProblem(2)).toBeUndefined();
  });
  test.each([
    ['no total', report(), 0],
    ['an unknown line', report('tar: something else', TOTAL), 0],
    ['a complaint about what it was not given', report('tar: c: Cannot open: Permission denied', TOTAL), 2],
    ['status 2 and no word', report(TOTAL), 2],
    ['status 3', report(TOTAL), 3],
    ['death by a signal', report(TOTAL), 137],
    ['no status', report(TOTAL), undefined],
    ['a farewell with status 0', report(TOTAL, FAREWELL), 0],
  ])('is not well with %s', (_what, said, status) => {
    expect(said.tarProblem(status)).toBeTypeOf('string');
  });
  test('keeps the gravest complaint of a name, and knows the source’s own directory', () => {
    const said = report(
      'tar: a: Cannot open: Permission denied',
      'tar: a: file changed as we read it',
      'tar: .: file changed as we read it',
    );
    expect([...said.complaints].map(([path, { verdict }]) => [path, verdict])).toEqual([
      ['a', 'unreadable'],
      ['', 'changed'],
    ]);
  });
});
