import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeIndexLine, encodeIndexLine } from '../../../src/core/archive/index-codec.js';
import { entryOf, indexes } from '../../support/arbitrary-entries.js';

describe('an index line', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(indexes, (lines) => {
        for (const line of lines) expect(decodeIndexLine(encodeIndexLine(line))).toEqual(line);
      }),
    );
  });

  test('is one line of valid UTF-8 JSON whatever the name', () => {
    fc.assert(
      fc.property(indexes, (lines) => {
        for (const line of lines) {
          const bytes = Buffer.from(encodeIndexLine(line), 'latin1');
          expect(bytes.includes(10)).toBe(false);
          const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
          expect(JSON.parse(text)).toBeTypeOf('object');
        }
      }),
    );
  });

  test('keeps names readable when they are text, and in base64 when they are not', () => {
    const text = Buffer.from('h\u00e9t\u00e9 "x"\n', 'utf8').toString('latin1');
    const line = encodeIndexLine({ deleted: true, path: text });
    expect(JSON.parse(Buffer.from(line, 'latin1').toString('utf8'))).toEqual({ path: 'hété "x"\n', deleted: true });
    expect(encodeIndexLine({ deleted: true, path: '\xff' })).toBe('{"pathBase64":"/w==","deleted":true}');
  });

  test('carries a symbolic link’s target', () => {
    const entry = entryOf('l', { type: 'l', target: '\xffgone' });
    expect(encodeIndexLine({ deleted: false, entry, shard: 0 })).toContain('"targetBase64":"/2dvbmU="');
  });

  test('may have no shard in a draft only', () => {
    const line = encodeIndexLine({ deleted: false, entry: entryOf('a') });
    expect(decodeIndexLine(line, 'draft')).toEqual({ deleted: false, entry: entryOf('a') });
    expect(() => decodeIndexLine(line)).toThrow('neither shard nor flaw');
  });

  const good = encodeIndexLine({ deleted: false, entry: entryOf('a'), shard: 3 });
  test.each([
    ['no JSON', good.slice(0, -1)],
    ['an array', '[]'],
    ['null', 'null'],
    ['no path', good.replace('"path":"a",', '')],
    ['an absolute path', good.replace('"a"', '"/a"')],
    ['a path that no scan gives', good.replace('"a"', '"a//b"')],
    ['a path with a trailing slash', good.replace('"a"', '"a/"')],
    ['a path with NUL', good.replace('"a"', '"a\\u0000"')],
    ['a path beyond bytes', good.replace('"a"', '"\\u20ac"')],
    ['loose base64', '{"pathBase64":"/w","deleted":true}'],
    ['an unknown type', good.replace('"f"', '"x"')],
    ['a negative size', good.replace('"size":10', '"size":-1')],
    ['a size as text', good.replace('"size":10', '"size":"10"')],
    ['a time without nanoseconds', good.replace('1000.000000000', '1000.0')],
    ['an inode that is no number', good.replace('"7"', '"7x"')],
    ['a mode that is not octal', good.replace('"644"', '"648"')],
    ['an unknown flaw', good.replace('"shard":3', '"flaw":"odd"')],
    ['a deletion with more to it', good.replace('"shard":3', '"deleted":true')],
    ['a deletion that says false', '{"path":"a","deleted":false}'],
  ])('with %s is refused', (_what, line) => {
    expect(() => decodeIndexLine(line)).toThrow();
  });
});
