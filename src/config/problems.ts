import { HoldfastError } from '../core/failures.js';

/** Keys and list positions that lead to a value of the file. */
export type ValuePath = readonly (string | number)[];

/** One mistake of a configuration file, where it stands, what is wrong and what to write instead. */
export interface Problem {
  readonly file: string;
  /** 1-based, as editors count; 1:1 for what concerns the whole file. */
  readonly line: number;
  readonly column: number;
  /** `hosts.server1.paths[0].path`; '' for the whole file. */
  readonly path: string;
  readonly message: string;
}

const MAX_SHOWN = 100;

/** All mistakes of a file at once: the message names every one, `problems` is the same for programs. */
export class ConfigInvalidError extends HoldfastError {
  readonly problems: readonly Problem[];
  constructor(file: string, problems: readonly Problem[]) {
    const sorted = inOrder(file, problems);
    const count = sorted.length === 1 ? '1 mistake' : `${sorted.length} mistakes`;
    const lines = sorted.slice(0, MAX_SHOWN).map(problemLine);
    if (sorted.length > MAX_SHOWN) lines.push(`… and ${sorted.length - MAX_SHOWN} more.`);
    super('ConfigInvalid', [`${file} has ${count}:`, ...lines].join('\n'));
    this.problems = sorted;
  }
}

/** `backup.yaml:12:7: hosts.server1.ssh_port: 70000 is too big; at most 65535` */
export function problemLine({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

export function pathText(path: ValuePath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const word = /^[\p{L}\p{N}_.<-]+$/u.test(part) ? part : shown(part);
    return text === '' ? word : `${text}.${word}`;
  }, '');
}

/** A value as a message shows it: short, on one line, nothing that a terminal would act on. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return `a ${typeof value}`;
  const clipped = value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value;
  return JSON.stringify(clipped).replace(
    UNPRINTABLE,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
const MAX_VALUE = 60;
const UNPRINTABLE = /[^\P{C}]|[\u2028\u2029]/gu;

/** Those of the file itself first, then of those that it names. */
function inOrder(file: string, problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map((problem) => [problemLine(problem), problem]));
  const elsewhere = (problem: Problem): number => Number(problem.file !== file);
  return [...unique.values()].sort((a, b) => elsewhere(a) - elsewhere(b) || a.line - b.line || a.column - b.column);
}
