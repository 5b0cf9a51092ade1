import { Point as InfluxPoint } from '@influxdata/influxdb-client';
import type { FieldValue, Point } from '../../core/metrics/points.js';

/** A line of the line protocol, times in milliseconds; or why the point cannot be one. */
export type Line = { readonly text: string } | { readonly refused: string };

/** The client escapes; what the line protocol has no way to say is written otherwise or refused here, as the client would change or drop it. */
export function lineOf({ measurement, tags, fields, timeMs }: Point): Line {
  if (!Number.isSafeInteger(timeMs)) return { refused: `its time is ${timeMs}` };
  const point = new InfluxPoint(measurement).timestamp(String(timeMs));
  for (const [name, value] of Object.entries(tags)) point.tag(name, tagValue(value));
  for (const [name, value] of Object.entries(fields)) {
    const refused = addField(point, name, value);
    if (refused !== undefined) return { refused };
  }
  const text = point.toLineProtocol();
  return text === undefined ? { refused: 'it has no measurement, or no fields' } : { text };
}

function addField(point: InfluxPoint, name: string, value: FieldValue): string | undefined {
  if ('text' in value) point.stringField(name, value.text);
  else if ('flag' in value) point.booleanField(name, value.flag);
  else if ('int' in value) {
    if (!Number.isSafeInteger(value.int)) return `its field ${name} is ${value.int}, which is no exact whole number`;
    point.intField(name, value.int);
  } else {
    if (!Number.isFinite(value.float)) return `its field ${name} is ${value.float}, which is no number`;
    point.floatField(name, value.float);
  }
  return undefined;
}

/** A tag's value has no line ends, and a backslash at its end would take the comma after it: those are written as in addresses, `%5C`. */
const tagValue = (value: string): string => value.replaceAll(/\p{Cc}|\\$/gu, percent);

const percent = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
