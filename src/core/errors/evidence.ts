import type { FlawedEntry } from '../archive/manifest.js';
import { visibleText } from '../entries/visible-text.js';
import { cutText } from '../report/cut-text.js';
import type { ErrorCounts } from './error-types.js';

/** What is known of a step that failed beside its failure. */
export interface FailureEvidence {
  /** As the programs said it; as `evidenceLines` makes them. */
  readonly lines: readonly string[];
  /** What was complained about before, without the failure itself. */
  readonly errorCounts?: ErrorCounts;
  /** rsync's own; absent: it did not end by itself, or there was none. */
  readonly rsyncExitCode?: number;
}

const LINES = 5;
const CHARACTERS = 300;

/** The first lines of what programs said, each once, as a terminal may get them: at most 5 of 300 characters. */
export function evidenceLines(texts: readonly string[]): string[] {
  const lines = new Set<string>();
  for (const text of texts) {
    for (const line of visibleText(text).split('\n')) {
      const shown = cutText(line.replaceAll('\t', ' ').trim(), CHARACTERS);
      if (shown !== '') lines.add(shown);
      if (lines.size === LINES) return [...lines];
    }
  }
  return [...lines];
}

const RSYNC_LINE = /^(?:rsync|ERROR|skipping|[a-z ]+ has vanished)\b/;

/** rsync's lines name the entry, those of tar and find are kept without its name. */
export const lineOfFlaw = ({ path, message }: FlawedEntry): string =>
  path === '' || RSYNC_LINE.test(message) ? message : `${path}: ${message}`;
