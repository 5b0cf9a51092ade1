import { z } from 'zod';
import { suggestion } from '../nearest.js';
import { shown } from '../problems.js';
import { DURATION_PATTERN, durationMs, SIZE_PATTERN, sizeBytes } from '../units.js';

/** A mapping that knows all its keys, and says of others which one was meant. One line of the message for each key. */
export function mapping<Shape extends z.core.$ZodShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `this key is not known here; ${suggestion(key, known)}`).join('\n')
        : undefined,
  });
}

/** Text of one form. `what` and `instead` complete "… is not WHAT; write INSTEAD". */
export const word = (pattern: RegExp, what: string, instead: string) =>
  z
    .string({ error: ({ input }) => (input === undefined ? `this is missing; write ${instead}` : undefined) })
    .regex(pattern, { error: ({ input }) => `${shown(input)} is not ${what}; write ${instead}` });

/** Control characters, and those that make a terminal or an editor show another text than there is. */
const NO_CONTROL = '[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]';

export const ABSOLUTE_PATH_PATTERN = new RegExp(`^(?!.*/\\.\\.?(?:/|$))/${NO_CONTROL}*$`);

export const absolutePath = (instead = '/an/absolute/path') =>
  word(ABSOLUTE_PATH_PATTERN, 'an absolute path without "." and ".." in it', instead);

export const relativePath = (instead: string) =>
  word(
    new RegExp(`^(?!.*(?:^|/)\\.\\.?(?:/|$))(?!.*(?:^|/)\\.holdfast)(?!.*//)(?!.*/$)(?![-/])${NO_CONTROL}+$`),
    'a relative path without "..", "//", a leading "-" or ".holdfast"',
    instead,
  );

export const plainText = (what: string, instead: string) => word(new RegExp(`^${NO_CONTROL}+$`), what, instead);

/** Names become directories, object names, Workflow IDs and words of commands. */
const NAME_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

export const name = (what: string) =>
  word(NAME_PATTERN, `a name for ${what}`, 'letters, digits, ".", "_" and "-", not beginning with "-" or "."');

export interface Range {
  readonly min: string | number;
  readonly max: string | number;
}

export function duration({ min, max }: Range) {
  const [minMs, maxMs] = [durationMs(min) ?? 0, durationMs(max) ?? 0];
  return z
    .union([z.string().regex(DURATION_PATTERN, { abort: true }), z.number().nonnegative()], {
      error: ({ input }) =>
        `${shown(input)} is not a duration; write for instance 30s, 5m, 6h or 2d (a plain number is seconds)`,
    })
    .refine((value) => isWithin(durationMs(value), minMs, maxMs), {
      error: ({ input }) => `${shown(input)} is out of range; write ${min} to ${max}`,
    });
}

export function size({ min, max }: Range) {
  const [minBytes, maxBytes] = [sizeBytes(min) ?? 0, sizeBytes(max) ?? 0];
  return z
    .union([z.string().regex(SIZE_PATTERN, { abort: true }), z.int().nonnegative()], {
      error: ({ input }) => `${shown(input)} is not a size; write for instance 128MiB or 1GiB`,
    })
    .refine((value) => isWithin(sizeBytes(value), minBytes, maxBytes), {
      error: ({ input }) => `${shown(input)} is out of range; write ${min} to ${max}`,
    });
}

const isWithin = (value: number | undefined, min: number, max: number): boolean =>
  value !== undefined && value >= min && value <= max;
