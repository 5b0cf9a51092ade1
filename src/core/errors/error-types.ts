/**
 * Kinds of errors as results and metrics count them: what a person has to look at.
 *
 * `partial`: an entry is stored not at all, or not as it was at one moment, for a reason that has no type of its own (it changed while it was read).
 * `configuration`: what is configured, or how a machine is set up, does not allow it.
 * `other`: not known; nothing is guessed.
 */
export const ERROR_TYPES = [
  'permission',
  'connection',
  'timeout',
  'protocol',
  'disk_full',
  'vanished',
  'partial',
  'configuration',
  'hook',
  'other',
] as const;
export type ErrorType = (typeof ERROR_TYPES)[number];
export type ErrorCounts = Readonly<Record<ErrorType, number>>;

export const NO_ERRORS: ErrorCounts = {
  permission: 0,
  connection: 0,
  timeout: 0,
  protocol: 0,
  disk_full: 0,
  vanished: 0,
  partial: 0,
  configuration: 0,
  hook: 0,
  other: 0,
};

/** Counts as they were stored, perhaps by a version that knew fewer types, or none. */
export const errorCountsOf = (stored: Partial<ErrorCounts> = {}): ErrorCounts => ({ ...NO_ERRORS, ...stored });

/** So many more of a type. */
export const withError = (counts: ErrorCounts, type: ErrorType, more = 1): ErrorCounts => ({
  ...counts,
  [type]: counts[type] + more,
});

export function addedErrors(one: ErrorCounts, other: ErrorCounts): ErrorCounts {
  const sum = { ...one };
  for (const type of ERROR_TYPES) sum[type] += other[type];
  return sum;
}

/** @param stored as with `errorCountsOf` */
export const sumOfErrors = (stored: Partial<ErrorCounts> = {}): number =>
  ERROR_TYPES.reduce((sum, type) => sum + (stored[type] ?? 0), 0);

/** Only the types of which there are any. */
export const presentErrors = (stored: Partial<ErrorCounts> = {}): Partial<ErrorCounts> =>
  Object.fromEntries(ERROR_TYPES.flatMap((type) => ((stored[type] ?? 0) > 0 ? [[type, stored[type]]] : [])));

/** In words, for people: `3 permission, 1 disk full`; '' when there are none. */
export const errorCountsText = (stored: Partial<ErrorCounts> | undefined): string => {
  const counts = errorCountsOf(stored);
  return ERROR_TYPES.filter((type) => counts[type] > 0)
    .map((type) => `${counts[type].toLocaleString('en')} ${type.replace('_', ' ')}`)
    .join(', ');
};
