import { HoldfastError } from '../failures.js';
import { parseBackupId } from '../ids.js';

export type PointRequest =
  | { readonly latest: true }
  | { readonly at: string }
  | { readonly backupId: string }
  /** A snapshot of a mirror, by its name. */
  | { readonly snapshot: string };

const TIME =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * A time as a person writes it: ISO 8601, with `T` or a blank. Without a zone it is this machine's local time; a date alone means its
 * last moment, so that `2026-11-20` finds the last backup of that day. A backup id stands for its own time. Undefined when it is none of these.
 */
export function parsePointTime(text: string): number | undefined {
  const id = parseBackupId(text.trim());
  if (id) return id.timeMs;
  const match = TIME.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0)) as Six;
  const dateOnly = match[4] === undefined;
  const milliseconds = dateOnly ? 999 : Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const clock: Six = dateOnly ? [year, month, day, 23, 59, 59] : [year, month, day, hour, minute, second];
  if (!isCalendarTime(clock)) return undefined;
  if (match[8] === undefined) return localTime(clock, milliseconds);
  return Date.UTC(clock[0], clock[1] - 1, ...rest(clock), milliseconds) - zoneOffsetMs(match[8]);
}

type Six = [year: number, month: number, day: number, hour: number, minute: number, second: number];
const rest = (clock: Six): [number, number, number, number] => [clock[2], clock[3], clock[4], clock[5]];

const localTime = (clock: Six, milliseconds: number): number =>
  new Date(clock[0], clock[1] - 1, ...rest(clock), milliseconds).getTime();

function isCalendarTime(clock: Six): boolean {
  const time = new Date(Date.UTC(clock[0], clock[1] - 1, ...rest(clock)));
  const back = [time.getUTCFullYear(), time.getUTCMonth() + 1, time.getUTCDate(), time.getUTCHours()];
  return back.every((part, i) => part === clock[i]) && clock[4] < 60 && clock[5] < 60;
}

function zoneOffsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

/**
 * The backup that a request means, of those that exist: by its id, the newest, or the newest one started at or before a time.
 * Throws BackupNotFound, naming what there is.
 *
 * @param ids the source's committed backups, in any order
 * @param of the source, for messages: `host/source`
 */
export function resolvePoint(ids: readonly string[], request: PointRequest, of: string): string {
  if ('snapshot' in request) throw notFound(`${of} has no snapshot ${request.snapshot}: snapshots are of mirrors`);
  const known = ids.filter((id) => parseBackupId(id) !== undefined).sort(byTime);
  const newest = known.at(-1);
  if (newest === undefined) throw notFound(`${of} has no backups`);
  const range = `it has ${known.length === 1 ? newest : `${known.length}, from ${known[0]} to ${newest}`}`;
  if ('latest' in request) return newest;
  if ('backupId' in request) {
    if (known.includes(request.backupId)) return request.backupId;
    throw notFound(`${of} has no backup ${request.backupId}; ${range}`);
  }
  const atMs = parsePointTime(request.at);
  if (atMs === undefined) {
    throw notFound(`"${request.at}" is not a time; write it like 2026-11-20, 2026-11-20T18:30 or 2026-11-20T18:30:00Z`);
  }
  const found = known.filter((id) => timeOf(id) <= atMs).at(-1);
  if (found === undefined) throw notFound(`${of} has no backup at or before ${new Date(atMs).toISOString()}; ${range}`);
  return found;
}

const timeOf = (id: string): number => parseBackupId(id)?.timeMs ?? Number.NaN;
/** Of two started in one second the one of the higher level is the later one. */
const byTime = (a: string, b: string): number =>
  timeOf(a) - timeOf(b) || (parseBackupId(a)?.level ?? 0) - (parseBackupId(b)?.level ?? 0);

const notFound = (message: string): HoldfastError => new HoldfastError('BackupNotFound', message);
