import { describe, expect, test } from 'vitest';
import {
  addedErrors,
  ERROR_TYPES,
  errorCountsOf,
  errorCountsText,
  NO_ERRORS,
  presentErrors,
  sumOfErrors,
  withError,
} from '../../../src/core/errors/error-types.js';

describe('error counts', () => {
  test('have every type, each of them 0 at first', () => {
    expect(Object.keys(NO_ERRORS)).toEqual([...ERROR_TYPES]);
    expect(sumOfErrors(NO_ERRORS)).toBe(0);
  });

  test('of older versions have 0 of the types that those did not know', () => {
    expect(errorCountsOf({ permission: 3, vanished: 1 })).toEqual({ ...NO_ERRORS, permission: 3, vanished: 1 });
    expect(errorCountsOf(undefined)).toEqual(NO_ERRORS);
  });

  test('are added up, and added to each other', () => {
    const one = withError(withError(NO_ERRORS, 'hook'), 'partial', 4);
    expect(one).toEqual({ ...NO_ERRORS, hook: 1, partial: 4 });
    expect(addedErrors(one, { ...NO_ERRORS, partial: 1, timeout: 2 })).toEqual({
      ...NO_ERRORS,
      hook: 1,
      partial: 5,
      timeout: 2,
    });
    expect(sumOfErrors(one)).toBe(5);
  });

  test('are told in words without what there is none of', () => {
    expect(errorCountsText(NO_ERRORS)).toBe('');
    expect(errorCountsText(undefined)).toBe('');
    expect(errorCountsText({ permission: 1234, disk_full: 1 })).toBe('1,234 permission, 1 disk full');
    expect(presentErrors({ ...NO_ERRORS, connection: 2 })).toEqual({ connection: 2 });
    expect(presentErrors(undefined)).toEqual({});
  });
});
