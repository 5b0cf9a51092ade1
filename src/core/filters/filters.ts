import { readPattern } from './pattern.js';
import { type FilterRule, readRule } from './rules.js';
import { type PathTest, testOf } from './match.js';

type Decision = 'exclude' | 'include';

interface OrderedTest {
  readonly at: number;
  readonly matches: PathTest;
}

/**
 * rsync's include and exclude rules, in order: the first that matches a path decides.
 *
 * @param rules as rsync takes them after `--exclude=`
 * @param otherwise what a rule without a prefix does
 */
export function compileRules(rules: readonly FilterRule[], otherwise: Decision = 'exclude'): PathFilter {
  const filter = new RuleList();
  for (const written of rules) {
    const rule = readRule(written, otherwise);
    if (rule?.kind === 'clear') filter.clear();
    else if (rule !== undefined) filter.add(rule.kind, rule.pattern);
  }
  return new PathFilter(filter);
}

/** Rules in order; those without wildcards, of which there may be thousands, are looked up and not tried one by one. */
class RuleList {
  #decisions: Decision[] = [];
  #byPath = new Map<string, number>();
  #byName = new Map<string, number>();
  #others: OrderedTest[] = [];

  get isEmpty(): boolean {
    return this.#decisions.length === 0;
  }

  clear(): void {
    this.#decisions = [];
    this.#byPath = new Map();
    this.#byName = new Map();
    this.#others = [];
  }

  add(decision: Decision, written: string): void {
    const at = this.#decisions.push(decision) - 1;
    const pattern = readPattern(written);
    if (pattern === undefined) return;
    const { literal, from, directoriesOnly } = pattern;
    const map = from === 'start' ? this.#byPath : this.#byName;
    if (literal === undefined || directoriesOnly || (from === 'any' && literal.includes('/')))
      this.#others.push({ at, matches: testOf(pattern) });
    else if (!map.has(literal)) map.set(literal, at);
  }

  /** What the first rule that matches says; undefined when none does. */
  decision(path: string, isDirectory: boolean): Decision | undefined {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const none = this.#decisions.length;
    const known = Math.min(this.#byPath.get(path) ?? none, this.#byName.get(name) ?? none);
    for (const { at, matches } of this.#others) {
      if (at > known) break;
      if (matches(path, isDirectory)) return this.#decisions[at];
    }
    return this.#decisions[known];
  }
}

/** Decides over paths below a root; an excluded directory excludes everything below it. */
export class PathFilter {
  readonly #rules: RuleList;
  /** The directory looked at last and those above it, from the top, each with what was found. */
  #ancestors: { readonly path: string; readonly excluded: boolean }[] = [];

  constructor(rules: RuleList) {
    this.#rules = rules;
  }

  get isEmpty(): boolean {
    return this.#rules.isEmpty;
  }

  /** Whether rsync would leave out `path` (a byte string) or a directory above it. The root itself never is. */
  excludes(path: string, isDirectory: boolean): boolean {
    if (this.#rules.isEmpty || path === '') return false;
    const slash = path.lastIndexOf('/');
    if (slash > 0 && this.#excludesDirectory(path.slice(0, slash))) return true;
    return this.decision(path, isDirectory) === 'exclude';
  }

  /** What the first matching rule says of this very path; undefined when none matches. */
  decision(path: string, isDirectory: boolean): Decision | undefined {
    return this.#rules.decision(path, isDirectory);
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
