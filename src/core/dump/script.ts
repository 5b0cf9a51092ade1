import type { DumpCommand } from './command.js';
import { stage } from '../pipeline-stage.js';
import { TOOL_MISSING } from '../scan/script.js';
import { quote, quoteAll } from '../shell-quoting.js';

/*
 * Scripts that run a database's own programs on the host. A password stands in the script's text only, which reaches the host over standard input: from
 * there it goes into the environment of the one program that wants it, or through a descriptor that only it has open.
 */

/** The last of what a program said; the whole may be a line for each table. */
const SAID_BYTES = 16 * 1024;

export interface DumpScriptOptions {
  readonly command: DumpCommand;
  readonly password?: string;
  readonly runAs?: string;
}

/** Prints what the command prints. Stage `list`; the facts of `readFacts` on standard error. */
export function lookScript(
  options: DumpScriptOptions & { readonly dumps: DumpCommand; readonly list: boolean },
): string {
  const { dumps, list } = options;
  return `${prelude(options, 'program')}
${findProgram(dumps, 'dumps')}
fact clock "$(date +%s.%N)"
fact version "$("$dumps" --version 2>/dev/null | head -n 1)"
if command -v zstd >/dev/null; then
  fact zstd "$(zstd --version 2>/dev/null | head -n 1)"
  printf x | zstd -1 -c -vv --no-progress 2>&1 >/dev/null | while IFS= read -r line; do fact zstd-says "$line"; done
fi
: >"$HOLDFAST_SCRATCH/list"
${list ? `${group(run('list', options), options)} 2>"$HOLDFAST_SCRATCH/list"` : ''}
${report(['list'])}
`;
}

/** Prints the dump, through zstd when the host has one that is fit for it. Stages `copy`, `dump`, `zstd`, `report`. */
export function dumpScript(options: DumpScriptOptions & { readonly zstd?: readonly string[] }): string {
  const { command, zstd } = options;
  const copy =
    command.before === undefined
      ? ''
      : `cd "$HOLDFAST_SCRATCH" && ${stage('copy', command.before)} 2>"$HOLDFAST_SCRATCH/said" || { ${report(['said'])}; exit 1; }
`;
  const dump = `${group(run('dump', options), options)} 2>>"$HOLDFAST_SCRATCH/said"`;
  const pack = zstd === undefined ? '' : ` | ${stage('zstd', ['zstd', ...zstd])} 2>"$HOLDFAST_SCRATCH/zstd"`;
  return `${prelude(options, 'program')}
${copy}${dump}${pack}
${report(['said', ...(zstd === undefined ? [] : ['zstd'])])}
`;
}

function prelude({ command, runAs }: DumpScriptOptions, variable: string): string {
  return `cd / || exit 1
fact() { printf 'holdfast-fact %s %s\\n' "$1" "$2" >&2; }
${findProgram(command, variable)}
${asAccount(runAs)}`;
}

function findProgram({ programs, before }: DumpCommand, variable: string): string {
  const wanted =
    before?.[0] === undefined
      ? ''
      : `\ncommand -v ${quote(before[0])} >/dev/null 2>&1 || { fact missing ${quote(before[0])}; exit ${TOOL_MISSING}; }`;
  return `for ${variable} in ${quoteAll(programs)} ''; do command -v "$${variable}" >/dev/null 2>&1 && break; done
[ -n "$${variable}" ] || { fact missing ${quote(programs.join(' or '))}; exit ${TOOL_MISSING}; }${wanted}`;
}

/** `as` runs a command as the account that the configuration names. */
function asAccount(account: string | undefined): string {
  if (account === undefined) return 'as() { "$@"; }';
  const name = quote(account);
  return `if [ "$(id -un)" = ${name} ]; then as() { "$@"; }
elif [ "$(id -u)" -eq 0 ]; then as() { runuser -u ${name} -- "$@"; }
else as() { sudo -n -u ${name} -- "$@"; }; fi`;
}

const run = (name: string, { command, password }: DumpScriptOptions): string => {
  const words = `${stage(name, ['as'])} "$program" ${quoteAll(command.words)}`;
  if (password === undefined || command.secret.as === 'variable') return words;
  const end = 'HOLDFAST_END_OF_SECRET';
  return `${words} 4<<'${end}'\n${command.secret.text(password)}${end}\n`;
};

/** A shell of its own, so that the variable is the program's alone and not that of what stands beside it. */
function group(words: string, { command, password }: DumpScriptOptions): string {
  if (password === undefined || command.secret.as !== 'variable') return `( ${words}\n)`;
  const { name } = command.secret;
  return `( ${name}=${quote(password)}; export ${name}; ${words}\n)`;
}

/** Prints what the stages said, each in a file of its name, with that name before each line. */
function report(names: readonly string[]): string {
  const files = names
    .map((name) => `tail -c ${SAID_BYTES} ${name} | sed 's/^/holdfast-said ${name} /'; echo`)
    .join('; ');
  return `tell() { cd "$HOLDFAST_SCRATCH" && { ${files}; }; }
${stage('report', ['tell'])} >&2`;
}

/** What `name` said, from a line of standard error; undefined for other lines. */
export function saidBy(name: 'list' | 'said' | 'zstd', line: string): string | undefined {
  const mark = `holdfast-said ${name} `;
  return line.startsWith(mark) ? line.slice(mark.length) : undefined;
}
