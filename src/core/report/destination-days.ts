import type { DestinationRecord, SourceRecord } from '../history/records.js';
import type { SizeLine, SourceSizes } from './source-sizes.js';
import { dayOf, eachDay, type ReportWindow } from './window.js';

/** What a report says of a destination, day by day. */
export interface DestinationDays {
  readonly destination: string;
  /** Added by backups. */
  readonly storedBytes: readonly number[];
  /** All copies there without snapshots, as far as they have been measured. */
  readonly sizeBytes: SizeLine;
  /** Room left by the end of the day; null: nobody looked, as with buckets. */
  readonly freeBytes: SizeLine;
  /** Likewise what is used of the disk, by whomever. */
  readonly usedBytes: SizeLine;
  /** The newest that is known of its disk, also from before the window. */
  readonly disk?: DiskState;
}

interface DiskState {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly atMs: number;
}

/** What of a destination is known, in any order. */
interface Found {
  readonly ended: readonly SourceRecord[];
  readonly lines: SourceSizes['lines'];
  /** Also from before the window. */
  readonly disks: readonly DestinationRecord[];
}

export function destinationDays({ ended, lines, disks }: Found, window: ReportWindow): DestinationDays[] {
  const names = new Set([...ended, ...lines, ...disks].map(({ destination }) => destination));
  return [...names].sort().map((destination) => {
    const of = <Item extends { readonly destination: string }>(items: readonly Item[]): Item[] =>
      items.filter((item) => item.destination === destination);
    return {
      destination,
      storedBytes: storedOn(of(ended), window),
      sizeBytes: of(lines).reduce((sum, { bytes }) => addLines(sum, bytes), unknown(window)),
      ...disksOn(of(disks), window),
    };
  });
}

function storedOn(ended: readonly SourceRecord[], window: ReportWindow): number[] {
  const days = eachDay(window, () => 0);
  for (const { atMs, storedBytes } of ended) {
    const day = dayOf(window, atMs);
    if (day !== undefined) days[day] = (days[day] ?? 0) + storedBytes;
  }
  return days;
}

function disksOn(
  disks: readonly DestinationRecord[],
  window: ReportWindow,
): Pick<DestinationDays, 'freeBytes' | 'usedBytes' | 'disk'> {
  const [freeBytes, usedBytes] = [unknown(window), unknown(window)];
  const looks = disks.filter(({ atMs }) => atMs <= window.untilMs).sort((one, other) => one.atMs - other.atMs);
  for (const look of looks) {
    const day = dayOf(window, look.atMs);
    if (day === undefined) continue;
    freeBytes[day] = look.freeBytes;
    usedBytes[day] = Math.max(0, look.totalBytes - look.freeBytes);
  }
  const last = looks.at(-1);
  if (last === undefined) return { freeBytes, usedBytes };
  return { freeBytes, usedBytes, disk: { freeBytes: last.freeBytes, totalBytes: last.totalBytes, atMs: last.atMs } };
}

/** What two sets of sources say of destinations; of a disk at most one of them speaks. */
export function addDestinations(
  one: readonly DestinationDays[],
  other: readonly DestinationDays[],
): readonly DestinationDays[] {
  const all = new Map(one.map((days) => [days.destination, days]));
  for (const days of other) {
    const known = all.get(days.destination);
    all.set(days.destination, known === undefined ? days : added(known, days));
  }
  return [...all.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1));
}

function added(one: DestinationDays, other: DestinationDays): DestinationDays {
  const disk = one.disk ?? other.disk;
  return {
    destination: one.destination,
    storedBytes: one.storedBytes.map((bytes, day) => bytes + (other.storedBytes[day] ?? 0)),
    sizeBytes: addLines(one.sizeBytes, other.sizeBytes),
    freeBytes: one.disk === undefined ? other.freeBytes : one.freeBytes,
    usedBytes: one.disk === undefined ? other.usedBytes : one.usedBytes,
    ...(disk === undefined ? {} : { disk }),
  };
}

const unknown = (window: ReportWindow): (number | null)[] => eachDay(window, () => null);

/** What is not known adds nothing. */
const addLines = (one: SizeLine, other: SizeLine): (number | null)[] =>
  one.map((bytes, day) => {
    const more = other[day] ?? null;
    return bytes === null ? more : bytes + (more ?? 0);
  });
