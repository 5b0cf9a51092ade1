import { entryNameOf } from './text.js';

/** One change that rsync makes or would make. */
export interface ItemizedChange {
  readonly kind: 'created' | 'changed' | 'deleted';
  /** Relative to the source; '' is its own directory. A byte string. */
  readonly path: string;
}

const LINE = /^@@([<>ch.*][\w.+? ]{10}) (.*)$/s;

/** Reads a line of `--out-format=@@%i %n`; undefined for all others. */
export function parseItemized(line: string): ItemizedChange | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, code, name] = match as unknown as [string, string, string];
  const path = entryNameOf(name);
  if (code === '*deleting  ') return { kind: 'deleted', path };
  return { kind: code.slice(2).startsWith('+') ? 'created' : 'changed', path };
}
