import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quote, quoteAll } from '../../src/core/shell-quoting.js';

/** What `sh` makes of quoted words: each one's bytes, as it passes them to a program. */
function wordsBySh(words: readonly string[], encoding: BufferEncoding): string[] {
  const script = `printf '%s\\0' ${quoteAll(words)}\n`;
  const out = execFileSync('sh', { input: Buffer.from(script, encoding), maxBuffer: 64 * 1024 * 1024 });
  return out.toString(encoding).split('\0').slice(0, -1);
}

describe('quote', () => {
  test('sh gives back every byte but NUL, alone and between others', () => {
    const bytes = Array.from({ length: 255 }, (_unused, index) => String.fromCharCode(index + 1));
    const words = [...bytes, ...bytes.map((byte) => `a${byte}'b`), bytes.join('')];
    expect(wordsBySh(words, 'latin1')).toEqual(words);
  });

  test('sh gives back any words of bytes, and any text', () => {
    const byteWord = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
    const textWord = fc.string({ unit: 'grapheme' }).filter((word) => !word.includes('\0'));
    const hostile = fc.constantFrom("'", "''", '$(id)', '`id`', ';', '\\', '"', '\n', '-n', '~', '*', '#', '!', '');
    const batch = (word: fc.Arbitrary<string>) => fc.array(fc.oneof(word, hostile), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(batch(byteWord), (words) => {
        expect(wordsBySh(words, 'latin1')).toEqual(words);
      }),
      { numRuns: 20 },
    );
    fc.assert(
      fc.property(batch(textWord), (words) => {
        expect(wordsBySh(words, 'utf8')).toEqual(words);
      }),
      { numRuns: 20 },
    );
  });

  test('plain words stay readable', () => {
    expect(quoteAll(['tar', '--format=posix', '/etc/ssh'])).toBe('tar --format=posix /etc/ssh');
  });

  test('NUL is refused', () => {
    expect(() => quote('a\0b')).toThrow(RangeError);
  });
});
