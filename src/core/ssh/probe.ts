import type { Engine, SourcePlan } from '../plan.js';
import { quote } from '../shell-quoting.js';

export type SourceState = 'directory' | 'missing' | 'not-directory' | 'unreadable';

export interface HostFacts {
  /** Version by name, of those that are there and are the wanted kind. */
  readonly tools: Readonly<Record<string, string>>;
  /** What goes by the name of a GNU tool but is another: its own words. */
  readonly strangers: Readonly<Record<string, string>>;
  readonly clockMs: number;
  /** In the order of the sources asked for. */
  readonly sources: readonly SourceState[];
}

interface Tool {
  readonly name: string;
  /** What its first line must hold. */
  readonly kind: RegExp;
  readonly neededBy: readonly Engine[];
  /** Looked for where these engines are used; default: as `neededBy`. Each look is three processes on the host. */
  readonly usedBy?: readonly Engine[];
}

/** All that Holdfast may use on a host; `hosts verify` looks for each, needed or not. */
export const VERIFIED_TOOLS = ['rsync', 'tar', 'find', 'sort', 'head', 'zstd'] as const;

const TOOLS: readonly Tool[] = [
  { name: 'tar', kind: /\(GNU tar\)/, neededBy: ['archive'] },
  { name: 'find', kind: /\(GNU findutils\)/, neededBy: ['archive'] },
  { name: 'sort', kind: /\(GNU coreutils\)/, neededBy: ['archive'] },
  // The wrapper's own reader of lists: others read ahead, and swallow what follows.
  { name: 'head', kind: /\(GNU coreutils\)|uutils/, neededBy: ['archive'] },
  { name: 'rsync', kind: /^rsync /, neededBy: ['mirror'] },
  { name: 'zstd', kind: /zstd|zstandard/i, neededBy: [], usedBy: ['archive'] },
];

/**
 * The script that finds out all that these sources need to begin, in one session. It prints the clock at once, for the sake of its
 * exactness.
 */
export function probeBody(sources: readonly Pick<SourcePlan, 'path' | 'engine' | 'dump'>[]): string {
  const tools = TOOLS.filter(({ neededBy, usedBy = neededBy }) =>
    sources.some(({ engine, dump }) => dump === undefined && usedBy.includes(engine)),
  );
  return [
    `printf 'clock %s\\n' "$(date +%s.%N)"`,
    TOOL_FUNCTION,
    ...tools.map(({ name }) => `tool ${name}`),
    STATE_FUNCTION,
    // A dump is no directory: its server is asked when its turn comes.
    ...sources.map(({ path, dump }) =>
      dump === undefined ? `printf 'source %s\\n' "$(state ${quote(path)})"` : "echo 'source directory'",
    ),
    'exit 0',
  ].join('\n');
}

/** `tool NAME` prints its version line, if it is there. */
export const TOOL_FUNCTION =
  'tool() { command -v "$1" >/dev/null 2>&1 && printf \'tool %s %s\\n\' "$1" "$("$1" --version 2>&1 | head -n 1)"; }';

/** `state PATH` prints a `SourceState`. */
export const STATE_FUNCTION = [
  'state() {',
  '  if [ -d "$1" ]; then if [ -r "$1" ] && [ -x "$1" ]; then echo directory; else echo unreadable; fi',
  '  elif [ -e "$1" ]; then echo not-directory',
  '  else case $(ls -d -- "$1" 2>&1) in *[Pp]ermission\\ denied*) echo unreadable ;; *) echo missing ;; esac; fi',
  '}',
].join('\n');

/** Undefined when the text is not what `probeBody` prints. */
export function parseProbe(text: string, sourceCount: number): HostFacts | undefined {
  const lines = text.split('\n').map((line) => line.split(' '));
  const values = (word: string): string[][] => lines.filter(([first]) => first === word).map(([, ...rest]) => rest);
  const clock = /^(\d+)(?:\.(\d{3}))?/.exec(values('clock')[0]?.[0] ?? '');
  const sources = values('source').map(([state]) => state as SourceState);
  if (clock === null || sources.length !== sourceCount) return undefined;
  const { tools, strangers } = parseTools(values('tool').map((words) => words.join(' ')));
  return { tools, strangers, clockMs: Number(clock[1]) * 1000 + Number(clock[2] ?? 0), sources };
}

/** Lines `NAME VERSION LINE`. */
export function parseTools(lines: readonly string[]): Pick<HostFacts, 'tools' | 'strangers'> {
  const tools: Record<string, string> = {};
  const strangers: Record<string, string> = {};
  for (const line of lines) {
    const [name = '', ...words] = line.split(' ');
    const said = words.join(' ');
    const isWanted = TOOLS.some((tool) => tool.name === name && tool.kind.test(said));
    if (isWanted) tools[name] = /\d+(?:\.\d+)+/.exec(said)?.[0] ?? said;
    else strangers[name] = said;
  }
  return { tools, strangers };
}

/**
 * What an engine cannot do without on the host and does not find there, as a sentence's end; undefined when all is
 * there.
 */
export function lackFor(engine: Engine, facts: Pick<HostFacts, 'tools' | 'strangers'>): string | undefined {
  const lacking = TOOLS.filter(({ name, neededBy }) => neededBy.includes(engine) && facts.tools[name] === undefined);
  if (lacking.length === 0) return undefined;
  return lacking.map(({ name }) => describeLack(name, facts.strangers[name])).join('; ');
}

function describeLack(name: string, said: string | undefined): string {
  return said === undefined
    ? `${name} is not installed`
    : `${name} is not the GNU one, it says ${JSON.stringify(said)}`;
}
