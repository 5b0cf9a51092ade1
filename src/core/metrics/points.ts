import type { HistoryRecord } from '../history/records.js';

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

export type PointsOf = (record: HistoryRecord) => readonly Point[];
