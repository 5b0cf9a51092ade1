import { parseTools, type SourceState } from '../ssh/probe.js';

export interface SourceFindings {
  readonly state: SourceState;
  readonly mountPoint?: string;
  readonly isEmpty: boolean;
  /** Of its own entries, not of what lies deeper; undefined: the host has no GNU find to count them. */
  readonly unreadable?: number;
  /** Mount points of /etc/fstab at or above it where nothing is mounted. */
  readonly unmounted: readonly string[];
  /** What rsync said that runs as another user; undefined: none does. */
  readonly listed?: CommandAnswer;
  /** The host came to the end of this look. */
  readonly isWhole: boolean;
}

export interface CommandAnswer {
  readonly status: number;
  /** Its first line, as the host wrote it. */
  readonly said: string;
}

/** What a host answered to `verificationScript`. What it did not come to is undefined or missing. */
export interface Findings {
  readonly clockMs?: number;
  readonly tools?: {
    readonly tools: Readonly<Record<string, string>>;
    readonly strangers: Readonly<Record<string, string>>;
  };
  readonly sudo: ReadonlyMap<number, CommandAnswer>;
  readonly temporary?: { readonly freeBytes: number; readonly directory: string } | 'none';
  readonly sources: ReadonlyMap<number, SourceFindings>;
  /** Whether it is there, by its number among those asked for. */
  readonly programs: ReadonlyMap<number, boolean>;
  readonly isWhole: boolean;
}

const STATES: readonly string[] = ['directory', 'missing', 'not-directory', 'unreadable'] satisfies SourceState[];

/** Reads what has come, whole or cut off; lines that are none of the script's are passed over, and prove nothing. */
export function parseFindings(text: string): Findings {
  const lines = text.split('\n');
  // What follows the last newline may be half a line.
  lines.pop();
  const rests = (word: string): string[] =>
    lines.filter((line) => line === word || line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const clock = /^(\d+)(?:\.(\d{3})\d*)?$/.exec(rests('clock')[0] ?? '');
  const temporary = parseTemporary(rests('temporary')[0]);
  return {
    ...(clock === null ? {} : { clockMs: Number(clock[1]) * 1000 + Number(clock[2] ?? 0) }),
    ...(lines.includes('tools-end') ? { tools: parseTools(rests('tool')) } : {}),
    sudo: answers(rests('sudo')),
    ...(temporary === undefined ? {} : { temporary }),
    sources: parseSources(rests),
    programs: new Map(numbered(rests('program')).map(([number, rest]) => [number, rest === 'yes'])),
    isWhole: lines.includes('end'),
  };
}

function parseTemporary(rest: string | undefined): Findings['temporary'] {
  if (rest === 'none') return 'none';
  const match = /^(\d+) (\/.*)$/.exec(rest ?? '');
  return match === null ? undefined : { freeBytes: Number(match[1]) * 1024, directory: match[2] ?? '' };
}

function parseSources(rests: (word: string) => string[]): Map<number, SourceFindings> {
  const states = numbered(rests('source')).filter(([, state]) => STATES.includes(state));
  const mounted = new Map(numbered(rests('mounted')));
  const unreadable = new Map(numbered(rests('unreadable')));
  const listed = answers(rests('listed'));
  const whole = new Set(rests('looked').map(Number));
  const empty = new Set(rests('empty').map(Number));
  return new Map(
    states.map(([number, state]): [number, SourceFindings] => {
      const [mountPoint, count, answer] = [mounted.get(number), unreadable.get(number), listed.get(number)];
      const unmounted = numbered(rests('unmounted')).filter(([of]) => of === number);
      return [
        number,
        {
          state: state as SourceState,
          ...(mountPoint === undefined || mountPoint === '' ? {} : { mountPoint }),
          isEmpty: empty.has(number),
          ...(count === undefined || !/^\d+$/.test(count) ? {} : { unreadable: Number(count) }),
          unmounted: unmounted.map(([, at]) => at),
          ...(answer === undefined ? {} : { listed: answer }),
          isWhole: whole.has(number),
        },
      ];
    }),
  );
}

const numbered = (rests: readonly string[]): [number, string][] =>
  rests.flatMap((rest): [number, string][] => {
    const match = /^(\d{1,6})(?: (.*))?$/.exec(rest);
    return match === null ? [] : [[Number(match[1]), match[2] ?? '']];
  });

const answers = (rests: readonly string[]): Map<number, CommandAnswer> =>
  new Map(
    numbered(rests).flatMap(([number, rest]): [number, CommandAnswer][] => {
      const match = /^(\d{1,3})(?: (.*))?$/.exec(rest);
      return match === null ? [] : [[number, { status: Number(match[1]), said: match[2] ?? '' }]];
    }),
  );
