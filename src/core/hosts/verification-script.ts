import { quote, quoteAll } from '../shell-quoting.js';
import { STATE_FUNCTION, TOOL_FUNCTION, VERIFIED_TOOLS } from '../ssh/probe.js';

/** What the host is to be asked, in one session. */
export interface VerificationQuestions {
  /** In the order of the plan's sources. `rsyncPath`: what reads its files, as another user. */
  readonly sources: readonly SourceQuestion[];
  /** Words of `--rsync-path` that run rsync as another user. */
  readonly rsyncPaths: readonly (readonly string[])[];
  /** Programs that scripts and hooks on the host are run by. */
  readonly programs: readonly string[];
}

export interface SourceQuestion {
  /** Undefined: no directory is read, the source is a dump. */
  readonly path?: string;
  readonly rsyncPath?: readonly string[];
}

/**
 * The script whose answers `parseFindings` reads. Each answer is a line, printed as soon as it is known: when one look hangs (a dead network
 * mount), those before it stand. Reads only; directories' own entries at most.
 */
export function verificationScript({ sources, rsyncPaths, programs }: VerificationQuestions): string {
  return [
    `printf 'clock %s\\n' "$(date +%s.%N)"`,
    'first_line() { printf "%s\\n" "$1" | head -n 1; }',
    ...rsyncPaths.flatMap((words, number) => [
      `said=$(${quoteAll(words)} --version 2>&1 </dev/null)`,
      `printf 'sudo ${number} %s %s\\n' "$?" "$(first_line "$said")"`,
    ]),
    TOOL_FUNCTION,
    ...VERIFIED_TOOLS.map((name) => `tool ${name}`),
    `echo 'tools-end'`,
    ...TEMPORARY_SPACE,
    STATE_FUNCTION,
    ...LOOK_FUNCTIONS,
    ...sources.flatMap(lookLines),
    ...programs.map(
      (program, number) =>
        `if command -v ${quote(program)} >/dev/null 2>&1; then echo 'program ${number} yes'; else echo 'program ${number} no'; fi`,
    ),
    `echo 'end'`,
    'exit 0',
  ].join('\n');
}

/** The directory that lists and scripts lie in while they are used; the wrapper takes the first that it can write to. */
const TEMPORARY_SPACE = [
  'for temporary in "${TMPDIR:-/tmp}" /tmp /var/tmp; do',
  '  [ -d "$temporary" ] && [ -w "$temporary" ] && [ -x "$temporary" ] && break; temporary=',
  'done',
  `if [ -z "$temporary" ]; then echo 'temporary none'; else`,
  `  df -Pk "$temporary" 2>/dev/null | { read -r _; read -r _ _ _ free _; printf 'temporary %s %s\\n' "$free" "$temporary"; }`,
  'fi',
];

/**
 * `look NUMBER PATH`: its state, whether anything lies in it, how many of its own entries this user cannot read (GNU find only), where it is mounted, and
 * mount points of fstab(5) at or above it that are not mounted.
 */
const LOOK_FUNCTIONS = [
  'count() { find "$@" 2>/dev/null | wc -c; }',
  'look() {',
  `  state=$(state "$2"); printf 'source %s %s\\n' "$1" "$state"`,
  '  unmounted "$1" "$2"',
  '  [ "$state" = directory ] || return 0',
  `  printf 'mounted %s %s\\n' "$1" "$(df -P "$2" 2>/dev/null | { read -r _; read -r _ _ _ _ _ at; printf %s "$at"; })"`,
  `  [ -n "$(ls -A -- "$2" 2>/dev/null | head -n 1)" ] || printf 'empty %s\\n' "$1"`,
  '  case $(find --version 2>/dev/null) in *GNU*) ;; *) return 0 ;; esac',
  '  unreadable=$(count -H "$2" -mindepth 1 -maxdepth 1 \\( -type f ! -readable -o -type d ! \\( -readable -executable \\) \\) -printf .)',
  `  printf 'unreadable %s %s\\n' "$1" "$((unreadable))"`,
  '}',
  'unmounted() {',
  '  [ -r /etc/fstab ] && [ -r /proc/self/mounts ] || return 0',
  '  while read -r device at type options _; do',
  '    case $device in "#"* | "") continue ;; esac',
  '    case ,$options, in *,noauto,* | *,x-systemd.automount,*) continue ;; esac',
  '    case $at in / | none | swap) continue ;; /*) ;; *) continue ;; esac',
  '    case $2/ in "${at%/}"/*) ;; *) continue ;; esac',
  `    grep -qF -- " \${at%/} " /proc/self/mounts || printf 'unmounted %s %s\\n' "$1" "$at"`,
  '  done </etc/fstab',
  '}',
];

const lookLines = ({ path, rsyncPath }: SourceQuestion, number: number): string[] =>
  path === undefined
    ? []
    : [
        `look ${number} ${quote(path)}`,
        ...(rsyncPath === undefined ? [] : listBySudo(number, path, rsyncPath)),
        `echo 'looked ${number}'`,
      ];

const listBySudo = (number: number, path: string, rsyncPath: readonly string[]): string[] => [
  `said=$(${quoteAll(rsyncPath)} --list-only --dirs -- ${quote(path.endsWith('/') ? path : `${path}/`)} 2>&1 >/dev/null </dev/null)`,
  `printf 'listed ${number} %s %s\\n' "$?" "$(first_line "$said")"`,
];
