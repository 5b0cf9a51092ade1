import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { between } from './looks.js';

/**
 * In how many days a destination is full, by linear growth: its free space by what it lost of it in a day, in the mean of the time looked at.
 * Negative: it grows emptier. 0: it is full.
 */

/** What InfluxQL reckons with, day by day. */
export const DAILY = 'last("free_bytes") AS "free", derivative(last("free_bytes"), 1d) AS "change"';

/** Of {@link DAILY}. InfluxQL gives 0 for a division by zero, which would be a full disk: a thousandth of a byte keeps that apart. */
export const DAYS_LEFT_FIGURE = 'last("free") / (0.001 - mean("change"))';

/** @param of `{destination="disk"}`, or nothing */
export const DAYS_LEFT_PROMQL = (of = ''): string =>
  `holdfast_destination_free_bytes${of} / (0.001 - 86400 * deriv(holdfast_destination_free_bytes${of}[14d]))`;

const TEN_YEARS = 3_650;

export const DAYS_LEFT_TEXTS: readonly ValueMapping[] = [
  between(null, -0.000_001, 'does not fill up', 'good'),
  between(TEN_YEARS, null, 'more than ten years', 'good'),
];
