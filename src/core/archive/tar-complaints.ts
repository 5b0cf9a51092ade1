import { unescapeName } from '../entries/escaped-names.js';

/** What became of a name that tar complained about. */
export type TarVerdict =
  /** Stored, but not as it was at one moment. */
  | 'changed'
  /** It was there and is not stored (or only its beginning is). */
  | 'unreadable'
  /** Gone before tar came to it. */
  | 'vanished'
  /** tar has no way to store it. */
  | 'unsupported';

export interface TarComplaint {
  /** The member's name as tar was given it: a byte string. */
  readonly name: string;
  readonly verdict: TarVerdict;
  /** tar's words. */
  readonly message: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly verdict: TarVerdict | 'by reason';
}

/** Names stand greedily in front: they may themselves hold `: `. A wrapper may have called tar by its full path. */
const RULES: readonly Rule[] = [
  { pattern: /^(?:\S*\/)?tar: (.*): (file changed as we read it)$/s, verdict: 'changed' },
  { pattern: /^(?:\S*\/)?tar: (.*): (File shrank by \d+ bytes?; padding with zeros)$/s, verdict: 'changed' },
  { pattern: /^(?:\S*\/)?tar: (.*): (Warning: Cannot \S+: [^:]+)$/s, verdict: 'changed' },
  { pattern: /^(?:\S*\/)?tar: (.*): (File removed before we read it)$/s, verdict: 'vanished' },
  {
    pattern: /^(?:\S*\/)?tar: (.*): (socket ignored|door ignored|Unknown file type; file ignored)$/s,
    verdict: 'unsupported',
  },
  { pattern: /^(?:\S*\/)?tar: (.*): (file name is too long \(max \d+\); not dumped)$/s, verdict: 'unreadable' },
  {
    pattern: /^(?:\S*\/)?tar: (.*): (Read error at byte \d+, while reading \d+ bytes: [^:]+)$/s,
    verdict: 'unreadable',
  },
  {
    pattern: /^(?:\S*\/)?tar: (.*): (Cannot (?:open|stat|read|readlink|savedir|seek to \d+|close): [^:]+)$/s,
    verdict: 'by reason',
  },
];

/** A line of tar's standard error under LC_ALL=C with --quoting-style=escape, or undefined when it is of no known kind. */
export function parseTarComplaint(line: string): TarComplaint | undefined {
  for (const { pattern, verdict } of RULES) {
    const match = pattern.exec(line);
    if (!match) continue;
    const message = match[2] as string;
    return {
      name: unescapeName(match[1] as string),
      verdict: verdict !== 'by reason' ? verdict : reasonVerdict(message),
      message,
    };
  }
  return undefined;
}

const reasonVerdict = (message: string): TarVerdict =>
  message.endsWith(': No such file or directory') ? 'vanished' : 'unreadable';

/** tar's closing words when it said something above; no complaint of their own. */
export const isTarFarewell = (line: string): boolean =>
  /^(?:\S*\/)?tar: Exiting with failure status due to (?:previous|delayed) errors$/.test(line);
