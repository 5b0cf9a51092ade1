import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertKey, assertPrefix, keyProblem } from '../../../src/core/archive/object-keys.js';

const segment = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '.', '..', '.tmp-', '.tmp-1', 'host', ' ', '%2e%2e', '...', '\u0000', '\ud83d'),
);
const anyKey = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));

describe('object keys', () => {
  test('an accepted key names one place below the root, and says it one way only', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        fc.pre(keyProblem(key) === undefined);
        expect(posix.normalize(posix.join('/root', key))).toBe(`/root/${key}`);
        expect(Buffer.from(key).toString()).toBe(key);
        expect(key).not.toMatch(/(^|\/)\.tmp-/);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    'host/etc/20261121T042200Z-0/manifest.json',
    'two words/ünï/日本語 🗄️/a=b%20',
    `${'x'.repeat(255)}/x`,
    '.hidden/..x/x..',
  ])('%j is accepted', (key) => expect(keyProblem(key)).toBeUndefined());

  test.each([
    ['', 'empty segment'],
    ['/a', 'empty segment'],
    ['a//b', 'empty segment'],
    ['a/', 'empty segment'],
    ['a/..', '".."'],
    ['./a', '"."'],
    ['a\nb', 'control character'],
    ['a\u0085b', 'control character'],
    ['a/.tmp-b', '.tmp-'],
    ['\ud800', 'not valid Unicode'],
    ['ü'.repeat(128), 'longer than 255 bytes'],
    ['x/'.repeat(600), 'longer than 1024 bytes'],
  ])('%j is refused', (key, why) => {
    expect(() => assertKey(key)).toThrow(expect.objectContaining({ type: 'UnsafePath' }));
    expect(keyProblem(key)).toContain(why);
  });

  test('a prefix is empty or a key with a slash', () => {
    for (const prefix of ['', 'a/', 'a/b c/']) expect(() => assertPrefix(prefix)).not.toThrow();
    for (const prefix of ['/', 'a', 'a//', '../', 'a/../']) {
      expect(() => assertPrefix(prefix)).toThrow(expect.objectContaining({ type: 'UnsafePath' }));
    }
  });
});
