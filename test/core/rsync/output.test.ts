import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseItemized } from '../../../src/core/rsync/itemized.js';
import { parseProgress } from '../../../src/core/rsync/progress.js';
import { StatisticsReader } from '../../../src/core/rsync/statistics.js';
import { entryNameOf, unescapeRsyncName } from '../../../src/core/rsync/text.js';
import { parseRsyncVersion } from '../../../src/core/rsync/version.js';

const STATS = `
Number of files: 22,103 (reg: 20,001, dir: 2,100, link: 2)
Number of created files: 1,000 (reg: 999, dir: 1)
Number of deleted files: 17 (reg: 16, dir: 1)
Number of regular files transferred: 1,234
Total file size: 1,717,986,918 bytes
Total transferred file size: 12,345 bytes
Literal data: 12,000 bytes
Matched data: 345 bytes
File list size: 0
File list generation time: 0.001 seconds
File list transfer time: 0.000 seconds
Total bytes sent: 4,567
Total bytes received: 13,579

sent 4,567 bytes  received 13,579 bytes  36,292.00 bytes/sec
total size is 1,717,986,918  speedup is 94,675.79
`;
const FIGURES = {
  filesTotal: 22103,
  filesTransferred: 1234,
  filesCreated: 1000,
  filesDeleted: 17,
  totalSizeBytes: 1717986918,
  literalBytes: 12000,
  matchedBytes: 345,
  bytesSent: 4567,
  bytesReceived: 13579,
  speedup: 94675.79,
};

function read(text: string) {
  const reader = new StatisticsReader();
  const others = text.split('\n').filter((line) => !reader.add(line));
  return { statistics: reader.statistics(), others };
}

describe('statistics', () => {
  test('are read with separators and without', () => {
    expect(read(STATS).statistics).toEqual(FIGURES);
    expect(read(STATS.replace(/(\d),(?=\d{3})/g, '$1')).statistics).toEqual(FIGURES);
  });

  test('are read with the separators of other languages', () => {
    const german = STATS.replace(/[.,]/g, (mark) => (mark === ',' ? '.' : ','));
    expect(read(german).statistics).toEqual(FIGURES);
  });

  test('are read in the wording of rsync 3.0, which counts neither creations nor deletions', () => {
    const old = STATS.replace(/Number of (created|deleted) files.*\n/g, '').replace('regular files', 'files');
    expect(read(old.replace(/(\d),(?=\d{3})/g, '$1').replace(/ \(reg.*\)/, '')).statistics).toEqual({
      ...FIGURES,
      filesCreated: 0,
      filesDeleted: 0,
    });
  });

  test.each([
    'Number of files',
    'Number of regular files transferred',
    'Total file size',
    'Literal data',
    'Matched data',
    'Total bytes sent',
    'Total bytes received',
    'total size is',
  ])('without "%s" there are none', (missing) => {
    const lines = STATS.split('\n').filter((line) => !line.startsWith(missing));
    expect(read(lines.join('\n')).statistics).toBeUndefined();
  });

  test.each(['1.23K', '12.34M bytes', '1,5G', '45K', '1.2 K'])('the rounded figure %s is no figure', (rounded) => {
    const text = STATS.replace('1,717,986,918 bytes', rounded);
    expect(read(text).statistics).toBeUndefined();
  });

  test('any figure is read back, grouped or not', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.boolean(), (bytes, grouped) => {
        const written = grouped ? bytes.toLocaleString('en-US') : String(bytes);
        const text = STATS.replace('1,717,986,918 bytes', `${written} bytes`);
        expect(read(text).statistics?.totalSizeBytes).toBe(bytes);
      }),
    );
  });

  test('lines that are none are left to others', () => {
    expect(read('skipping non-regular file "x"\nNumber of files: 3').others).toEqual(['skipping non-regular file "x"']);
  });
});

describe('itemized changes', () => {
  test.each([
    ['@@>f+++++++++ a b', 'created', 'a b'],
    ['@@cd+++++++++ dir/', 'created', 'dir'],
    ['@@cL+++++++++ link', 'created', 'link'],
    ['@@hf+++++++++ hard', 'created', 'hard'],
    ['@@cS+++++++++ fifo', 'created', 'fifo'],
    ['@@>f.st...... f', 'changed', 'f'],
    ['@@.d..t...... ./', 'changed', ''],
    ['@@.f....og.ax f', 'changed', 'f'],
    ['@@>f..T...... f', 'changed', 'f'],
    ['@@*deleting   gone', 'deleted', 'gone'],
    ['@@*deleting   gone/', 'deleted', 'gone'],
    ['@@*deleting    blank', 'deleted', ' blank'],
    ['@@>f+++++++++ @@*deleting   x', 'created', '@@*deleting   x'],
    ['@@>f+++++++++ new\\#012line', 'created', 'new\nline'],
    ['@@>f+++++++++ bad\\#377\\#344', 'created', 'bad\xff\xe4'],
    ['@@>f+++++++++ lit\\#134#012', 'created', 'lit\\#012'],
  ])('%s', (line, kind, path) => {
    expect(parseItemized(line)).toEqual({ kind, path });
  });

  test.each(['', 'sending incremental file list', '>f+++++++++ a', '@@', '@@>f a', 'deleting x'])(
    '"%s" is none',
    (line) => {
      expect(parseItemized(line)).toBeUndefined();
    },
  );

  test('names of any bytes are had back', () => {
    const escape = (name: string): string =>
      name
        .replace(/\\(?=#[0-9]{3})/g, '\\#134')
        .replace(/[^ -~]/g, (c) => `\\#${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
    const byteString = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(byteString, (name) => {
        expect(unescapeRsyncName(escape(name))).toBe(name);
      }),
    );
    expect(entryNameOf('./')).toBe('');
  });
});

describe('progress', () => {
  test.each([
    ['      1,234,567  45%   12.34MB/s    0:00:01  ', { bytes: 1234567, percent: 45 }],
    ['              0   0%    0.00kB/s    0:00:00  ', { bytes: 0, percent: 0 }],
    [
      '        1234567 100%   12.34MB/s    0:00:01 (xfr#5, to-chk=0/11)',
      { bytes: 1234567, percent: 100, filesTransferred: 5, filesToCheck: 0, filesListed: 11 },
    ],
    [
      '        7  70%    4.88kB/s    0:00:00 (xfr#12, ir-chk=1000/1105)',
      { bytes: 7, percent: 70, filesTransferred: 12, filesToCheck: 1000, filesListed: 1105 },
    ],
    ['     99 3% 1.00GB/s  ??:??:??', { bytes: 99, percent: 3 }],
  ])('%s', (line, progress) => {
    expect(parseProgress(line)).toEqual(progress);
  });

  test.each(['', '50%', 'a 50% b', 'Number of files: 3', '12 files... 50%'])('"%s" is none', (line) => {
    expect(parseProgress(line)).toBeUndefined();
  });
});

describe('version', () => {
  test.each([
    ['rsync  version 3.5.0  protocol version 32', '3.5.0', true, true],
    ['rsync  version v3.2.7  protocol version 31', '3.2.7', true, true],
    ['rsync  version 3.2.4  protocol version 31', '3.2.4', true, true],
    ['rsync  version 3.2.3  protocol version 31', '3.2.3', false, true],
    ['rsync  version 3.1.3  protocol version 31', '3.1.3', false, true],
    ['rsync  version 3.1.2  protocol version 31', '3.1.2', false, false],
    ['rsync  version 2.6.9  protocol version 29', '2.6.9', false, false],
    ['rsync  version 4.0  protocol version 33', '4.0.0', true, true],
  ])('%s', (line, text, protectsArguments, newEnough) => {
    expect(parseRsyncVersion(line)).toEqual({ text, protectsArguments, newEnough });
  });

  test.each(['', 'openrsync: protocol version 29', 'bash: rsync: command not found'])('"%s" is not rsync', (line) => {
    expect(parseRsyncVersion(line)).toBeUndefined();
  });
});
