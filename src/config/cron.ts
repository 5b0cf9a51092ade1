import { shown } from './problems.js';

interface Field {
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIELDS: readonly Field[] = [
  { title: 'minute', min: 0, max: 59, names: [] },
  { title: 'hour', min: 0, max: 23, names: [] },
  { title: 'day of month', min: 1, max: 31, names: [] },
  { title: 'month', min: 1, max: 12, names: MONTHS },
  { title: 'day of week', min: 0, max: 7, names: DAYS },
];

const SHORTHANDS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** What is wrong with a cron line of five fields or a shorthand, and what to write; undefined when nothing is. */
export function cronMistake(text: string): string | undefined {
  const fields = fieldsOf(text);
  if (fields.length !== FIELDS.length)
    return `${shown(text)} is not a cron line; write five fields (minute hour day month weekday) such as "30 2 * * *", or ${Object.keys(SHORTHANDS).join(', ')}`;
  for (const [index, field] of FIELDS.entries()) {
    const part = fields[index] ?? '';
    if (valuesOf(part, field) === undefined)
      return `${shown(part)} is not a ${field.title}; write *, ${field.min}-${field.max}, lists (1,15) or steps (*/2)`;
  }
  return undefined;
}

/** The times that a cron line stands for: those that match all five fields, as Temporal reads them. Each list is sorted. */
export interface CronTimes {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** 1 is January. */
  readonly months: readonly number[];
  /** 0 and 7 are Sunday. */
  readonly weekdays: readonly number[];
}

/** Of a line without mistakes. */
export function cronTimes(text: string): CronTimes {
  const [minutes = [], hours = [], daysOfMonth = [], months = [], weekdays = []] = fieldsOf(text).map(
    (part, index) => valuesOf(part, FIELDS[index] as Field) ?? [],
  );
  return { minutes, hours, daysOfMonth, months, weekdays };
}

/** The shortest time between two starts, but never more than a day: what a day or month field adds does not count. */
export function cronIntervalMs(text: string): number {
  const { minutes, hours } = cronTimes(text);
  if (minutes.length > 1) return smallestGap(minutes, 60) * 60_000;
  return smallestGap(hours, 24) * 3_600_000;
}

const fieldsOf = (text: string): string[] => (SHORTHANDS[text.trim()] ?? text).trim().split(/\s+/);

/** Sorted values that a field stands for; undefined when it is not one. */
function valuesOf(part: string, field: Field): number[] | undefined {
  const values = new Set<number>();
  for (const item of part.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(item) ?? [];
    const bounds = boundsOf(range, field, step !== undefined);
    const by = step === undefined ? 1 : Number(step);
    if (bounds === undefined || by < 1) return undefined;
    for (let value = bounds[0]; value <= bounds[1]; value += by) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function boundsOf(range: string, field: Field, stepped: boolean): readonly [number, number] | undefined {
  if (range === '*') return [field.min, field.max];
  const [from = '', to, ...rest] = range.split('-');
  const first = valueOf(from, field);
  const last = to === undefined ? (stepped ? field.max : first) : valueOf(to, field);
  if (rest.length > 0 || first === undefined || last === undefined || last < first) return undefined;
  return [first, last];
}

function valueOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toUpperCase());
  if (named >= 0) return named + (field.names === MONTHS ? 1 : 0);
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}

/** Of values on a circle: from 22:00 to 02:00 it is 4, not 20. */
function smallestGap(values: readonly number[], circle: number): number {
  const gaps = values.map((value, index) => {
    const next = values[index + 1];
    return next === undefined ? circle - value + (values[0] ?? 0) : next - value;
  });
  return Math.min(circle, ...gaps);
}
