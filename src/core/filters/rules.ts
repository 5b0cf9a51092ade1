import { byteStringOf, byteStringOfText, bytesOf, utf8Of } from '../entries/entry.js';

/**
 * A rule as it is written and stored: what rsync takes after `--exclude=`, as text. `+ ` before the pattern includes, `- ` excludes, neither
 * excludes; a lone `!` forgets the rules before it. A rule that is not valid UTF-8 stands in base64.
 */
export type FilterRule = string | { readonly base64: string };

/** What a rule says. `pattern` is a byte string. */
export type ReadRule = { readonly kind: 'include' | 'exclude'; readonly pattern: string } | { readonly kind: 'clear' };

/** Undefined for a rule without a pattern, at which rsync stops. */
export function readRule(written: FilterRule, otherwise: 'include' | 'exclude' = 'exclude'): ReadRule | undefined {
  const rule = ruleBytes(written);
  if (rule === '!') return { kind: 'clear' };
  const included = rule.startsWith('+ ');
  const prefixed = included || rule.startsWith('- ');
  const pattern = prefixed ? rule.slice(2) : rule;
  if (pattern === '') return undefined;
  return { kind: prefixed ? (included ? 'include' : 'exclude') : otherwise, pattern };
}

/** A rule as a byte string. */
export const ruleBytes = (written: FilterRule): string =>
  typeof written === 'string' ? byteStringOfText(written) : byteStringOf(Buffer.from(written.base64, 'base64'));

/** A rule from its bytes. */
export function writtenRule(bytes: string): FilterRule {
  return utf8Of(bytes) ?? { base64: bytesOf(bytes).toString('base64') };
}

/** The rule for a pattern of `include`: what rsync takes after `--include=`, as a rule that means the same after `--exclude=`. */
export const includeRule = (written: string): string =>
  written === '!' || written.startsWith('+ ') || written.startsWith('- ') ? written : `+ ${written}`;

/** Longer ones rsync passes over. */
export const MAX_RULE_BYTES = 4095;

/** The rules after the last lone `!`, which forgets those before. */
export function rulesInForce(rules: readonly FilterRule[]): {
  readonly cleared: boolean;
  readonly rules: readonly FilterRule[];
} {
  const last = rules.findLastIndex((rule) => readRule(rule)?.kind === 'clear');
  return { cleared: last >= 0, rules: rules.slice(last + 1) };
}

/**
 * The rules of a file (bytes as a byte string) as rsync's --exclude-from reads it: one a line, without comments and empty lines; a line ends at
 * a NUL. `problem` says of the first line that rsync would stop at, or pass over, which one it is.
 */
export function readRuleFile(content: string): { readonly rules: readonly FilterRule[]; readonly problem?: string } {
  const rules: FilterRule[] = [];
  let problem: string | undefined;
  for (const [at, whole] of content.split(/\r\n|\r|\n/).entries()) {
    const line = whole.split('\0', 1)[0] as string;
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const rule = writtenRule(line);
    rules.push(rule);
    if (readRule(rule) === undefined) problem ??= `line ${at + 1} has a prefix and no pattern`;
    if (line.length > MAX_RULE_BYTES)
      problem ??= `line ${at + 1} is longer than the ${MAX_RULE_BYTES} bytes that rsync takes`;
  }
  return problem === undefined ? { rules } : { rules, problem };
}
