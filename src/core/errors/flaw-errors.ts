import type { FlawedEntry } from '../archive/manifest.js';
import { type ErrorCounts, type ErrorType, NO_ERRORS, withError } from './error-types.js';
import { errorTypeOfWords } from './system-errors.js';

/** Why an entry is flawed: the system's own words at the end of the program's line decide, where there are any. */
export function errorTypeOfFlaw({ flaw, message }: Pick<FlawedEntry, 'flaw' | 'message'>): ErrorType {
  return flaw === 'vanished' ? 'vanished' : (errorTypeOfWords(message) ?? 'partial');
}

/** Of flaws of which only the first are named: of the others it is known that their entries are not stored as they were. */
export function errorCountsOfFlaws(flaws: {
  readonly count: number;
  readonly first: readonly Pick<FlawedEntry, 'flaw' | 'message'>[];
}): ErrorCounts {
  const counts = flaws.first.reduce((sum, flaw) => withError(sum, errorTypeOfFlaw(flaw)), NO_ERRORS);
  return withError(counts, 'partial', Math.max(0, flaws.count - flaws.first.length));
}
