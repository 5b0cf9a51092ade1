/** The days that a report tells of: whole ones, UTC, the last of them the day of the report. */
export interface ReportWindow {
  /** The moment of the report; milliseconds since 1970, UTC. */
  readonly untilMs: number;
  readonly days: number;
}

export const DAY_MS = 86_400_000;
export const DEFAULT_DAYS = 30;
export const DAYS_AT_MOST = 366;

/** When a day of the window begins; 0 is the first one. */
export const dayStartMs = ({ untilMs, days }: ReportWindow, day: number): number =>
  Math.floor(untilMs / DAY_MS) * DAY_MS + (day - days + 1) * DAY_MS;

/** The day that a moment lies in; undefined: outside the window. */
export function dayOf(window: ReportWindow, atMs: number): number | undefined {
  const day = Math.floor((atMs - dayStartMs(window, 0)) / DAY_MS);
  return day >= 0 && atMs <= window.untilMs ? day : undefined;
}

/** One value for each day, the first day first. */
export const eachDay = <Value>({ days }: ReportWindow, value: (day: number) => Value): Value[] =>
  Array.from({ length: days }, (_, day) => value(day));
