import { unescapeName } from '../entries/escaped-names.js';

/** What find(1) said about one path that it could not look at. */
export interface ScanComplaint {
  /** Relative to the source as in `Entry`; a byte string. */
  readonly path: string;
  /** `gone`: it vanished while find was at work. `unreadable`: it is there, but what it holds is not known. */
  readonly kind: 'gone' | 'unreadable';
  /** The system's words, for instance `Permission denied`. */
  readonly reason: string;
}

const QUOTED = /^(?:\S*\/)?find: [`']\.(?:\/(.*))?': ([^:]+)$/s;
const LOOP =
  /^(?:\S*\/)?find: File system loop detected; [`']\.\/(.*)' is part of the same file system loop as [`'].*'\.$/s;

/** A line of find's standard error under LC_ALL=C, or undefined when it is of no known kind. */
export function parseScanComplaint(line: string): ScanComplaint | undefined {
  const loop = LOOP.exec(line);
  if (loop) return { path: unescapeName(loop[1] as string), kind: 'unreadable', reason: 'File system loop' };
  const match = QUOTED.exec(line);
  if (!match) return undefined;
  const reason = match[2] as string;
  return {
    path: unescapeName(match[1] ?? ''),
    kind: reason === 'No such file or directory' ? 'gone' : 'unreadable',
    reason,
  };
}

/** Sorts find's complaints; `unknown` holds the lines that are none. */
export function parseScanComplaints(lines: readonly string[]): {
  readonly complaints: readonly ScanComplaint[];
  readonly unknown: readonly string[];
} {
  const complaints: ScanComplaint[] = [];
  const unknown: string[] = [];
  for (const line of lines) {
    const complaint = parseScanComplaint(line);
    if (complaint) complaints.push(complaint);
    else if (line !== '') unknown.push(line);
  }
  return { complaints, unknown };
}

/** Directories (and entries) whose present state is not known, with all that lies below them. */
export class UnknownPaths {
  readonly #paths: ReadonlySet<string>;

  constructor(paths: Iterable<string>) {
    this.#paths = new Set(paths);
  }

  /** Whether `path` itself was complained about. */
  names(path: string): boolean {
    return this.#paths.size > 0 && this.#paths.has(path);
  }

  /** Whether `path` is one of them or lies below one. */
  covers(path: string): boolean {
    if (this.#paths.size === 0) return false;
    if (this.#paths.has(path) || this.#paths.has('')) return true;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (this.#paths.has(path.slice(0, end))) return true;
    }
    return false;
  }
}
