import { quote } from '../shell-quoting.js';

/**
 * The body that runs a person's script, which comes as the list. Its `#!` line counts, as the kernel takes it: one
 * program, at most one argument; the program is called by name, since a host may forbid execution where temporary files
 * lie. Without one it is `sh`.
 *
 * The script gets the login's own umask, and a pipe for its output, read beside it: what it leaves running in the
 * background does not hold the session open for longer than two seconds.
 */
export const scriptBody = (name: string, interpreter: readonly string[]): string =>
  bodyOf(
    [`script="$HOLDFAST_SCRATCH"/${quote(name)}`, 'mv -- "$HOLDFAST_LIST" "$script" || exit 126'],
    [...interpreter.map(quote), '"$script"'],
  );

/**
 * The body that runs a person's command, a program and its words. env(1) finds it, so that it is a program and nothing that the shell means by
 * the word (`if`, `exit`); it must not hold `=`.
 */
export const commandBody = (words: readonly string[]): string => bodyOf([], ['env', '--', ...words.map(quote)]);

const bodyOf = (before: readonly string[], words: readonly string[]): string =>
  [
    'umask "$HOLDFAST_UMASK"',
    ...before,
    'output="$HOLDFAST_SCRATCH"/.output',
    'mkfifo "$output" || exit 126',
    'unset HOLDFAST_UMASK HOLDFAST_SCRATCH HOLDFAST_LIST',
    'cat <"$output" 9>&- & reader=$!',
    `${words.join(' ')} >"$output" 2>&1 9>&-`,
    'status=$?',
    '(sleep 2; kill "$reader") >/dev/null 2>&1 9>&- & alarm=$!',
    'wait "$reader" 2>/dev/null',
    'kill "$alarm" 2>/dev/null',
    'exit "$status"',
  ].join('\n');

/** The words that run a script of this beginning. */
export function interpreterOf(text: string): readonly string[] {
  const match = /^#![ \t]*([^\s]+)[ \t]*([^\n]*?)[ \t\r]*(?:\n|$)/.exec(text);
  if (match === null) return ['sh'];
  const [, program = 'sh', argument = ''] = match;
  return argument === '' ? [program] : [program, argument];
}
