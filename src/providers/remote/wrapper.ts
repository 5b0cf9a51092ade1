import { HoldfastError } from '../../core/failures.js';
import { quote } from '../../core/shell-quoting.js';
import type { ScriptJob } from './script-runner.js';

/** One byte, any. */
const GO = Buffer.from('g');

/** Whether the host waits for a byte before it runs the body; see `startSession`. A list does as well. */
export const waitsForGo = ({ stdout, stdin, list }: ScriptJob): boolean =>
  stdout !== 'pipe' && stdin !== 'pipe' && (list === undefined || list.byteLength === 0);

/** What is sent once the wrapper has begun. */
export function heldBackOf(job: ScriptJob): Uint8Array | undefined {
  if (job.stdin === 'pipe') return undefined;
  return waitsForGo(job) ? GO : job.list;
}

/** The command for sshd, which gives it to the user's login shell: it means the same to sh, bash, zsh, fish and csh. */
export const bootstrapCommand = (scriptBytes: number): string => `exec sh -c '${bootstrapScript(scriptBytes)}'`;
/** Reads the wrapper from standard input, and not a byte more. */
export const bootstrapScript = (scriptBytes: number): string => `eval "$(head -c ${scriptBytes})"`;

/**
 * The script that runs a body on the machine, kills it when its owner is gone, and reports on standard error.
 *
 * Descriptors: 8 the session's standard input, 9 its standard error. The session lasts until every copy of its streams
 * is closed, so whatever runs beside the body must not keep one, and must be dead at the end.
 *
 * `token` is random for each session: no tool can print a line that looks like the protocol's.
 */
export function wrapperScript(job: ScriptJob, token: string): string {
  const lines = [
    'LC_ALL=C; export LC_ALL',
    // The host's environment may have variables of these names: one of them is removed at the end, others are killed.
    'unset HOLDFAST_LIST HOLDFAST_SCRATCH; top= body= watch= ender=',
    'holdfast_umask=$(umask); umask 077',
    'exec 8<&0 9>&2 </dev/null',
    `say() { printf '%s %s\\n' ${token} "$*" >&9; }`,
    // Caught, not ignored: what the body starts has the default again. Without it a broken link would end this shell
    // before it tidied up.
    'trap : PIPE',
    'say begin',
    ...(job.stdout === 'pipe' ? [`printf '%s\\n' ${token}`] : []),
    'command -v setsid >/dev/null 2>&1 || { say missing setsid; exit 0; }',
    ...(job.stdin === 'pipe' ? REFUSE_BUSYBOX_HEAD : []),
    ...(waitsForGo(job) ? ['[ -n "$(head -c 1 <&8)" ] || exit 0'] : []),
    ...(usesScratch(job) ? scratchLines(job.list?.byteLength) : []),
    ...END_BODY,
    ...startBody(job, token),
    ...(job.stdin === 'pipe' ? WATCH_PARENT : WATCH_INPUT),
    ...WAIT,
  ];
  return `${lines.join('\n')}\n`;
}

/** It reads past what it was asked for, and would take the body's first data with the wrapper. */
const REFUSE_BUSYBOX_HEAD = [
  'case $(head --version 2>&1) in *BusyBox*) say missing "head of GNU coreutils"; exit 0 ;; esac',
];

const usesScratch = (job: ScriptJob): boolean => job.list !== undefined || job.body.includes('HOLDFAST_SCRATCH');

function scratchLines(listBytes: number | undefined): string[] {
  return [
    'for dir in "${TMPDIR:-/tmp}" /tmp /var/tmp; do top=$(mktemp -d "$dir/holdfast.XXXXXXXXXX") && break; done',
    '[ -n "$top" ] && mkdir "$top/scratch" || { say fail scratch; exit 0; }',
    `trap 'rm -rf -- "$top"' EXIT`,
    // Without it a signal would end this shell at once, and leave the directory.
    `trap 'exit 1' HUP INT TERM`,
    'HOLDFAST_SCRATCH=$top/scratch',
    ...(listBytes === undefined ? [] : listLines(listBytes)),
  ];
}

function listLines(listBytes: number): string[] {
  return [
    'HOLDFAST_LIST=$top/list',
    `head -c ${listBytes} <&8 >"$HOLDFAST_LIST" || { say fail scratch; exit 0; }`,
    `[ "$(($(wc -c <"$HOLDFAST_LIST")))" -eq ${listBytes} ] || { say fail list; exit 0; }`,
  ];
}

/**
 * The body leads a session and process group of its own, with nothing of the user's environment that changes what tools
 * do.
 */
function startBody(job: ScriptJob, token: string): string[] {
  const variables = [
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'TMPDIR',
    'XDG_RUNTIME_DIR',
    'HOLDFAST_LIST',
    'HOLDFAST_SCRATCH',
  ];
  const environment = variables.map((name) => `\${${name}:+"${name}=$${name}"}`).join(' ');
  const path = '"PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"';
  const input = job.stdin === 'pipe' ? '<&8' : '</dev/null';
  return [
    `exec env -i ${environment} ${path} LC_ALL=C HOLDFAST_UMASK="$holdfast_umask" \\`,
    `  setsid sh -c 'eval "$(cat <&3)"' sh 3<<'${token}' ${input} 8<&- 2>&9 &`,
    ...bodyLines(job, token),
    token,
    'body=${body:-$!}',
    // From here on only `say` speaks: no shell's own remarks on killed jobs.
    'exec 2>/dev/null',
  ];
}

function bodyLines(job: ScriptJob, token: string): string[] {
  if (job.body.includes('\0')) throw new HoldfastError('InternalError', `the script to ${job.what} holds a NUL`);
  return [
    'exec 3<&-',
    'stage() {',
    '  holdfast_stage=$1; shift; "$@"; set -- "$?"',
    `  printf '%s stage %s %s\\n' ${token} "$holdfast_stage" "$1" >&9; return "$1"`,
    '}',
    ...Object.entries(job.environment ?? {}).map(
      ([name, value]) => `export ${variableName(job, name)}=${quote(value)}`,
    ),
    job.body,
  ];
}

function variableName(job: ScriptJob, name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new HoldfastError('InternalError', `the script to ${job.what} has a variable called ${JSON.stringify(name)}`);
}

/** The input ends when its owner ends it or is gone: then the wrapper is told to stop. */
const WATCH_INPUT = [
  `setsid sh -c 'cat >/dev/null; kill -s TERM "$1" || kill -s KILL -- "-$2"' sh $$ "$body" <&8 8<&- >/dev/null 9>&- &`,
  'watch=$!',
];

/**
 * Where the input's end is normal, the owner is gone when the wrapper has another parent: sshd's process of this
 * connection died.
 */
const WATCH_PARENT = [
  `setsid sh -c 'while sleep 1; do`,
  '  read -r pid name state parent rest </proc/$1/stat || exit 0; [ "$parent" = "$3" ] || break',
  'done',
  `  kill -s TERM "$1" || kill -s KILL -- "-$2"' sh $$ "$body" "$PPID" </dev/null 8<&- >/dev/null 9>&- &`,
  'watch=$!',
];

/** On a signal; it may come between the body's start and the next line, so `$!` may be all that is known of it. */
const END_BODY = [
  'end_body() {',
  // TERM to the process itself as well: it may not have become its group's leader yet.
  '  kill -s TERM "$body"; kill -s TERM -- "-$body"; tenths=0',
  '  while [ $tenths -lt 50 ] && kill -s 0 -- "-$body"; do sleep 0.1; tenths=$((tenths + 1)); done',
  '  kill -s KILL "$body"; kill -s KILL -- "-$body"',
  '}',
  'on_signal() {',
  '  trap "" HUP INT TERM; body=${body:-$!}; [ -n "$body" ] || exit 1',
  '  end_body >/dev/null 2>&1 8<&- 9>&- & ender=$!',
  '}',
  'trap on_signal HUP INT TERM',
];

const WAIT = [
  'exec 8<&-',
  'wait "$body"; status=$?',
  '[ -z "$ender" ] || { wait "$ender"; wait "$body"; }',
  'kill -s KILL "$watch"; kill -s KILL -- "-$watch"',
  '[ -z "$top" ] || rm -rf -- "$top"',
  'trap - EXIT',
  'say end "$status"',
  'exit 0',
];
