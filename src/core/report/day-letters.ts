import { worstStatus, type Status } from '../statuses.js';

/** The days of a source or host as a word of one letter each, the first day first: how the worst run of that day ended. */
export type DayLetters = string;

/** No run ended on that day. */
const NO_RUN = '-';

const LETTERS: Readonly<Record<Status, string>> = {
  ok: 'o',
  warning: 'w',
  skipped: 's',
  held: 'h',
  cancelled: 'c',
  failed: 'f',
};

const STATUSES = new Map(Object.entries(LETTERS).map(([status, letter]) => [letter, status as Status]));

/** Undefined: no run. */
export const statusOfLetter = (letter: string): Status | undefined => STATUSES.get(letter);

export const lettersOf = (days: readonly (readonly Status[])[]): DayLetters =>
  days.map((statuses) => (statuses.length === 0 ? NO_RUN : LETTERS[worstStatus(statuses)])).join('');

/** Day by day the worst of several; all of one length. */
export function worstOfEach(words: readonly DayLetters[]): DayLetters {
  const [first = [], ...rest] = words.map((word) => [...word].map(statusesOf));
  return lettersOf(first.map((statuses, day) => [...statuses, ...rest.flatMap((other) => other[day] ?? [])]));
}

const statusesOf = (letter: string): readonly Status[] => {
  const status = statusOfLetter(letter);
  return status === undefined ? [] : [status];
};

/** How many days had which worst status. */
export function countLetters(word: DayLetters): Map<Status | undefined, number> {
  const counts = new Map<Status | undefined, number>();
  for (const letter of word) {
    const status = statusOfLetter(letter);
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}
