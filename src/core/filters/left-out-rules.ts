import { HoldfastError } from '../failures.js';
import type { PathFilter } from './filters.js';
import { parentOf } from '../restore/selection.js';

/** What filters that rsync does not know leave out; paths relative to the source, byte strings. */
export interface LeftOut {
  /** Files left out for their size or age. */
  readonly files: readonly string[];
  /** Entries that mark the directory they are in: what else it holds is left out. */
  readonly marks: readonly string[];
}

export const NOTHING_LEFT_OUT: LeftOut = { files: [], marks: [] };

/** Reads what `leftOutScript` printed, without what the rules exclude anyway. */
export function readLeftOut(printed: Buffer, rules: PathFilter): LeftOut {
  const records = printed.toString('latin1').split('\0');
  if (records.pop() !== '')
    throw new HoldfastError('TransferInterrupted', 'the list of what is left out ends in the middle of a name');
  const paths = (sign: string): string[] =>
    records.filter((record) => record.startsWith(`${sign}./`)).map((record) => record.slice(3));
  const notExcluded = (path: string): boolean => !rules.excludes(path, false);
  return { files: paths('-').filter(notExcluded), marks: paths('+') };
}

/** The directories whose content is left out. */
export const markedDirectories = ({ marks }: LeftOut): ReadonlySet<string> => new Set(marks.map(parentOf));

/**
 * rsync's rules for the same, each a line as a byte string: they stand before all others.
 *
 * @param rules the source's own: a mark that they exclude is not kept
 */
export function leftOutRules(leftOut: LeftOut, rules: PathFilter): readonly string[] {
  const kept = leftOut.marks.filter((path) => !rules.excludes(path, false));
  return [
    ...leftOut.files.map((path) => `- ${exactPattern(path)}`),
    ...kept.flatMap((path) => [`+ ${exactPattern(path)}`, `- ${contentPattern(path)}`]),
    ...Array.from(markedDirectories(leftOut), (path) => `- ${contentPattern(path)}`),
  ];
}

/** rsync's rules that keep its receiver from deleting the same. */
export const protectingRules = (leftOut: LeftOut): readonly string[] => [
  ...leftOut.files.map((path) => `P ${exactPattern(path)}`),
  ...Array.from(markedDirectories(leftOut), (path) => `P ${contentPattern(path)}`),
];

/** Matches this path alone. rsync unescapes only patterns with wildcards, and a line cannot hold its own end. */
const exactPattern = (path: string): string => `/${/[*?[\n\r]/.test(path) ? escaped(path) : path}`;

const contentPattern = (path: string): string => (path === '' ? '/*' : `/${escaped(path)}/*`);

const escaped = (path: string): string =>
  path
    .replace(/[\\*?[]/g, '\\$&')
    .replaceAll('\n', NEWLINE)
    .replaceAll('\r', RETURN);

/** All bytes but one, turned round. */
const NEWLINE = '[!\x01-\t\x0b-\xff]';
const RETURN = '[!\x01-\x0c\x0e-\xff]';
