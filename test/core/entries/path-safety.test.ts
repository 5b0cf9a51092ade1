import fc from 'fast-check';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pathProblem } from '../../../src/core/entries/path-safety.js';

const segment = fc.oneof(
  fc.constantFrom('.', '..', '', 'a', '...', '..a', 'a..', '-x', ' ', '\n', '\0', '\\', '\xff'),
  fc.string({ minLength: 1, maxLength: 3 }),
);

describe('pathProblem', () => {
  test('a path it lets through stays below the target, and is the same after normalisation', () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), fc.boolean(), (segments, absolute) => {
        const path = (absolute ? '/' : '') + segments.join('/');
        if (pathProblem(path) !== undefined || path === '') return;
        expect(posix.join('/target', path)).toBe(`/target/${path}`);
      }),
      { numRuns: 2000 },
    );
  });

  test('a path of ordinary segments is let through, whatever bytes they hold', () => {
    const ordinary = fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .map((bytes) => Buffer.from(bytes.map((b) => (b === 0 || b === 47 ? 120 : b))).toString('latin1'))
      .filter((name) => name !== '.' && name !== '..');
    fc.assert(
      fc.property(fc.array(ordinary, { minLength: 1, maxLength: 5 }), (names) => {
        expect(pathProblem(names.join('/'))).toBeUndefined();
      }),
    );
  });

  test.each(['/etc/passwd', '..', '../x', 'a/../b', 'a/..', 'a//b', 'a/', './a', 'a/./b', 'a\0b'])(
    '%j is refused',
    (path) => {
      expect(pathProblem(path)).toBeDefined();
    },
  );
});
