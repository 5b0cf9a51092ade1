import type { Threshold, ThresholdsConfig, ValueMap, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { MappingType, SpecialValueMatch, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Status } from '../../src/core/statuses.js';

/** Colours that mean the same everywhere: Grafana's own, seen on dark and light. */
const COLOUR = { good: 'green', doubtful: 'yellow', waiting: 'orange', bad: 'red', none: 'text', off: 'blue' } as const;

/** `[from, colour]`, ascending; the first holds from below. */
export type Steps = readonly (readonly [number, keyof typeof COLOUR])[];

export function thresholds(first: keyof typeof COLOUR, steps: Steps = []): ThresholdsConfig {
  const all: Threshold[] = [
    { value: null, color: COLOUR[first] },
    ...steps.map(([value, colour]) => ({ value, color: COLOUR[colour] })),
  ];
  return { mode: ThresholdsMode.Absolute, steps: all };
}

/** Any is too many. */
export const NONE_WANTED = thresholds('good', [[1, 'bad']]);
export const PLAIN = thresholds('none');

const STATUS_COLOURS: Readonly<Record<Status, keyof typeof COLOUR>> = {
  ok: 'good',
  warning: 'doubtful',
  skipped: 'off',
  held: 'waiting',
  cancelled: 'off',
  failed: 'bad',
};

const texts = (entries: readonly (readonly [string, string, keyof typeof COLOUR])[]): ValueMap => ({
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    entries.map(([value, text, colour], index) => [value, { text, color: COLOUR[colour], index }]),
  ),
});

/** Of the field `status`; `none`: no run is known. */
export const STATUS_TEXTS: ValueMapping[] = [
  texts([
    ...Object.entries(STATUS_COLOURS).map(([status, colour]) => [status, status, colour] as const),
    ['none', 'never ran', 'bad'],
  ]),
];

/** Of the field `status_numeric`. */
export const STATUS_NUMBERS: ValueMapping[] = [
  texts([
    ['1', 'ok', 'good'],
    ['0.5', 'warning', 'doubtful'],
    ['0', 'failed', 'bad'],
  ]),
];

/** Of flags that say that a source is without a backup as it should have. */
export const PROTECTION: ValueMapping[] = [
  texts([
    ['0', 'protected', 'good'],
    ['1', 'unprotected', 'bad'],
  ]),
];

/** Of other flags that are to be 0. */
export const YES_OR_NO: ValueMapping[] = [
  texts([
    ['0', 'no', 'good'],
    ['1', 'yes', 'bad'],
  ]),
];

/** Said of a figure that is not there. */
export const absent = (text: string, colour: keyof typeof COLOUR): ValueMapping => ({
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text, color: COLOUR[colour], index: 90 } },
});

/** Said of figures from here to there; absent: without end. */
export const between = (
  from: number | null,
  to: number | null,
  text: string,
  colour: keyof typeof COLOUR,
): ValueMapping => ({
  type: MappingType.RangeToText,
  options: { from, to, result: { text, color: COLOUR[colour], index: 91 } },
});

/** Units as Grafana names them. */
export const UNIT = {
  count: 'none',
  seconds: 's',
  bytes: 'bytes',
  bytesPerSecond: 'binBps',
  share: 'percentunit',
  factor: 'none',
  days: 'd',
  /** Of milliseconds since 1970: "3 days ago". */
  ago: 'dateTimeFromNow',
  text: 'string',
} as const;
