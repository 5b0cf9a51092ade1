import { describe, expect, test } from 'vitest';
import { evidenceLines, lineOfFlaw } from '../../../src/core/errors/evidence.js';

describe('evidence', () => {
  test('is the first five lines, each once, without empty ones', () => {
    expect(evidenceLines(['a\n\n b \na', 'c', '', 'd\ne\nf'])).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(evidenceLines([])).toEqual([]);
    expect(evidenceLines(['', ' \n\t'])).toEqual([]);
  });

  test('holds nothing that a terminal would act on', () => {
    expect(evidenceLines(['\u001b[31mred\u001b[0m\ttab\rback\u202Eover'])).toEqual([
      '\\u{1b}[31mred\\u{1b}[0m tab\\u{d}back\\u{202e}over',
    ]);
    expect(evidenceLines(['half \ud800 a character'])).toEqual(['half \\u{d800} a character']);
  });

  test('is cut to 300 characters a line, never within a character', () => {
    const [plain = '', wide = '', fitting = ''] = evidenceLines(['x'.repeat(301), '😀'.repeat(301), '😀'.repeat(300)]);
    expect(plain).toBe(`${'x'.repeat(299)}…`);
    expect(wide).toBe(`${'😀'.repeat(299)}…`);
    expect(fitting).toBe('😀'.repeat(300));
    expect(evidenceLines(['y'.repeat(100_000)])[0]).toHaveLength(300);
  });

  test('of a flaw names the entry once', () => {
    expect(lineOfFlaw({ path: 'a b', flaw: 'unreadable', message: 'Cannot open: Permission denied' })).toBe(
      'a b: Cannot open: Permission denied',
    );
    const message = 'rsync: [sender] send_files failed to open "/srv/a b": Permission denied (13)';
    expect(lineOfFlaw({ path: 'a b', flaw: 'unreadable', message })).toBe(message);
    const others = [
      'file has vanished: "/srv/a"',
      'ERROR: a failed verification -- update discarded.',
      'skipping non-regular file "a"',
    ];
    expect(others.map((said) => lineOfFlaw({ path: 'a', flaw: 'changed', message: said }))).toEqual(others);
    expect(lineOfFlaw({ path: 'a', flaw: 'changed', message: 'file changed as we read it' })).toBe(
      'a: file changed as we read it',
    );
    expect(lineOfFlaw({ path: '', flaw: 'unreadable', message: 'rsync ended with code 23' })).toBe(
      'rsync ended with code 23',
    );
  });
});
