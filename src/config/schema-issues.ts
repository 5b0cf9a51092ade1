import type { z } from 'zod';
import { nearest } from './nearest.js';
import { shown, type ValuePath } from './problems.js';

/** A mistake that the schema found, at a path of the file. */
export interface SchemaMistake {
  readonly path: ValuePath;
  /** Whether it is the key that is wrong, or its value. */
  readonly part: 'key' | 'value';
  /** The value is not there at all. */
  readonly missing: boolean;
  readonly message: string;
}

/** Says what is wrong where the schema has no words of its own. */
export const issueMessage: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return typeMessage(issue.expected, issue.input);
    case 'invalid_value':
      return valueMessage(issue.values, issue.input);
    case 'too_big':
      return `${amount(issue)} is too ${issue.origin === 'number' || issue.origin === 'int' ? 'big' : 'long'}; at most ${issue.maximum}`;
    case 'too_small':
      return tooSmallMessage(issue);
    default:
      return `${shown(issue.input)} cannot stand here`;
  }
};

/** One mistake for each wrong key, however the schema groups them. */
export function mistakesOf(issues: readonly z.core.$ZodIssue[], root: unknown): SchemaMistake[] {
  return issues.flatMap((issue): SchemaMistake[] => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'invalid_union' && issue.message === MISTAKES_WITHIN)
      return mistakesOf(fittingBranch(issue), root);
    if (issue.code === 'unrecognized_keys') {
      const messages = issue.message.split('\n');
      return issue.keys.map((key, index) => mistake([...path, key], 'key', messages[index] ?? issue.message));
    }
    if (issue.code === 'invalid_key') return [mistake(path, 'key', issue.issues[0]?.message ?? issue.message)];
    if (path.length === 0 && root === null) return [mistake(path, 'value', EMPTY)];
    const missing = !isThere(root, path);
    return [{ ...mistake(path, 'value', missing ? missingMessage(issue.message) : issue.message), missing }];
  });
}

/** What a union says that leaves it to the one of its forms that fits (a mapping or a list) to tell what is wrong. */
export const MISTAKES_WITHIN = 'mistakes within';

function fittingBranch({ errors, path }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] {
  const fits = (branch: readonly z.core.$ZodIssue[]): boolean =>
    !branch.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0);
  const branch = errors.find(fits) ?? errors[0] ?? [];
  return branch.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

const EMPTY = 'the file is empty; `holdfast config init` writes one to begin with';

/** Of what is wrong with a value and what to write, only the second counts when there is none. */
const missingMessage = (message: string): string => `this is missing; ${message.slice(message.indexOf('; ') + 2)}`;

const mistake = (path: ValuePath, part: 'key' | 'value', message: string): SchemaMistake => ({
  path,
  part,
  missing: false,
  message,
});

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping (KEY: VALUE)',
  record: 'a mapping (NAME: …)',
  array: 'a list (lines that begin with "- ")',
};

function typeMessage(expected: string, input: unknown): string {
  const wanted = TYPE_WORDS[expected] ?? expected;
  if (input === undefined) return `this is missing; write ${wanted}`;
  if (input === null) return `there is no value; write ${wanted}, or remove the key`;
  if (expected === 'string' && typeof input !== 'object')
    return `${shown(input)} is not a text; put it in quotes: "${shown(input)}"`;
  if (/^(number|int)$/.test(expected) && typeof input === 'string' && /^\d+$/.test(input))
    return `${shown(input)} is a text; write it without quotes`;
  if (expected === 'int' && typeof input === 'number') return `${shown(input)} is not a whole number; write one`;
  return `${shown(input)} is not ${wanted.replace(/ \(.*/, '')}; write ${wanted}`;
}

function valueMessage(values: readonly unknown[], input: unknown): string {
  const choices = values.map(String);
  if (input === undefined) return `this is missing; write ${choices.join(', ')}`;
  const near = typeof input === 'string' ? nearest(input, choices) : undefined;
  const hint = near === undefined || choices.length === 1 ? '' : ` (did you mean "${near}"?)`;
  return `${shown(input)} is not known here; write ${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')}${hint}`;
}

function tooSmallMessage(issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall>): string {
  if (issue.origin === 'array') return 'the list is empty; write at least one item, or remove the key';
  return `${amount(issue)} is too small; at least ${issue.minimum}`;
}

const amount = (issue: { readonly input?: unknown }): string => shown(issue.input);

function isThere(root: unknown, path: ValuePath): boolean {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string | number, unknown>)[part];
  }
  return true;
}
