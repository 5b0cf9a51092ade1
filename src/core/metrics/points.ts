import { cutText } from '../report/cut-text.js';
import { MEASUREMENTS, type Field, type MeasurementName, type TagsOf, type ValuesOf } from './measurements.js';

/**
 * A point of a time series. In InfluxDB a point is its measurement, tags and time: written again it is the same point.
 * Tags are few and bounded (hosts, sources, destinations, engines, kinds); run ids, levels and texts are fields. A field never changes its type.
 */
export interface Point {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Milliseconds since 1970, UTC. */
  readonly timeMs: number;
}

/** Whole numbers are told from others by their field's name, not by their value: 1 stays a float where 0.5 may stand. */
export type FieldValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly flag: boolean };

const TEXT_AT_MOST = 300;

/** A point with the field types of the table. Empty tags and fields without a value are left out. */
export function pointOf<Name extends MeasurementName>(
  measurement: Name,
  timeMs: number,
  tags: TagsOf<Name>,
  values: ValuesOf<Name>,
): Point {
  const types: Readonly<Record<string, Field>> = MEASUREMENTS[measurement].fields;
  const fields = Object.entries<number | string | undefined>(values).flatMap(([name, value]) => {
    const field = fieldValue(types[name], value);
    return field === undefined ? [] : [[name, field] as const];
  });
  const filled = Object.entries<string | undefined>(tags).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as const],
  );
  return { measurement, tags: Object.fromEntries(filled), fields: Object.fromEntries(fields), timeMs };
}

function fieldValue(field: Field | undefined, value: number | string | undefined): FieldValue | undefined {
  if (field === undefined || value === undefined) return undefined;
  if (field.type === 'text') return { text: cutText(String(value), TEXT_AT_MOST) };
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return field.type === 'int' ? { int: Math.round(value) } : { float: value };
}
