import { byteStringOfText } from './entry.js';
import type { PathTest } from './filter-pattern.js';
import { compilePattern } from './filter-pattern.js';

interface FilterRule {
  readonly includes: boolean;
  readonly matches: PathTest;
}

/**
 * rsync's exclude patterns, in order: the first that matches decides. `+ ` before a pattern includes, `- ` excludes, neither
 * means `otherwise`; a lone `!` forgets what came before.
 *
 * @param patterns as written, text
 */
export function compileRules(patterns: readonly string[], otherwise: 'exclude' | 'include' = 'exclude'): PathFilter {
  let rules: FilterRule[] = [];
  for (const written of patterns) {
    if (written === '!') {
      rules = [];
      continue;
    }
    const prefixed = written.startsWith('+ ') || written.startsWith('- ');
    const pattern = prefixed ? written.slice(2) : written;
    if (pattern === '') continue;
    rules.push({
      includes: prefixed ? written.startsWith('+') : otherwise === 'include',
      matches: compilePattern(byteStringOfText(pattern)),
    });
  }
  return new PathFilter(rules);
}

/** The patterns of a file as rsync's --exclude-from reads it: a line each, without comments and empty lines. */
export function patternsOfFile(content: string): string[] {
  return content.split(/\r?\n|\r/).filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith(';'));
}

/** Decides over paths below a root; an excluded directory excludes everything below it. */
export class PathFilter {
  readonly #rules: readonly FilterRule[];
  /** The directory looked at last and those above it, from the top, each with what was found. */
  #ancestors: { readonly path: string; readonly excluded: boolean }[] = [];

  constructor(rules: readonly FilterRule[]) {
    this.#rules = rules;
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** Whether rsync would leave out `path` (a byte string) or a directory above it. The root itself never is. */
  excludes(path: string, isDirectory: boolean): boolean {
    if (this.#rules.length === 0 || path === '') return false;
    const slash = path.lastIndexOf('/');
    if (slash > 0 && this.#excludesDirectory(path.slice(0, slash))) return true;
    return this.decision(path, isDirectory) === 'exclude';
  }

  /** What the first matching rule says of this very path; undefined when none matches. */
  decision(path: string, isDirectory: boolean): 'exclude' | 'include' | undefined {
    for (const rule of this.#rules) {
      if (rule.matches(path, isDirectory)) return rule.includes ? 'include' : 'exclude';
    }
    return undefined;
  }

  #excludesDirectory(directory: string): boolean {
    const known = this.#ancestors.findIndex(({ path }) => path !== directory && !directory.startsWith(`${path}/`));
    if (known >= 0) this.#ancestors.length = known;
    let last = this.#ancestors.at(-1);
    if (last?.excluded) return true;
    if (last?.path === directory) return false;
    for (let end = directory.indexOf('/', (last?.path.length ?? -1) + 1); ; end = directory.indexOf('/', end + 1)) {
      const path = end < 0 ? directory : directory.slice(0, end);
      last = { path, excluded: this.decision(path, true) === 'exclude' };
      this.#ancestors.push(last);
      if (last.excluded || end < 0) return last.excluded;
    }
  }
}
