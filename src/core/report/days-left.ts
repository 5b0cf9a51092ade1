/** How a destination's room goes on, if it goes on as it went. */
export type Outlook =
  | { readonly trend: 'unknown' }
  /** It does not fill up. */
  | { readonly trend: 'steady' }
  /** `daysLeft` from the last of the days. */
  | { readonly trend: 'filling'; readonly daysLeft: number };

/** Fewer days say too little. */
const DAYS_NEEDED = 3;

/**
 * The straight line that fits the days best (least squares), so that a prune in between counts as what it is, one day among many.
 *
 * @param freeBytes at the end of each day; null: not known
 */
export function outlookOf(freeBytes: readonly (number | null)[]): Outlook {
  const known = freeBytes.flatMap((bytes, day) => (bytes === null ? [] : [{ day, bytes }]));
  const last = known.at(-1);
  if (known.length < DAYS_NEEDED || last === undefined) return { trend: 'unknown' };
  const meanDay = mean(known.map(({ day }) => day));
  const meanBytes = mean(known.map(({ bytes }) => bytes));
  const spread = known.reduce((sum, { day }) => sum + (day - meanDay) ** 2, 0);
  const perDay = known.reduce((sum, { day, bytes }) => sum + (day - meanDay) * (bytes - meanBytes), 0) / spread;
  // Where nobody looked on the last days, it may have gone on all the same.
  const daysLeft = Math.max(0, last.bytes / -perDay - (freeBytes.length - 1 - last.day));
  return perDay < 0 && daysLeft <= DAYS_WORTH_TELLING ? { trend: 'filling', daysLeft } : { trend: 'steady' };
}

/** Ten years: what is further away is noise. */
const DAYS_WORTH_TELLING = 3_653;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
