import type { DestinationRecord, HistoryRecord, ProofRecord, SizeRecord } from '../../../src/core/history/records.js';
import { type FleetHealth, fleetHealth } from '../../../src/core/history/fleet-state.js';
import { sizeRecords, totalsOf } from '../../../src/core/history/size-records.js';
import { isStateRecord, newer, type SourceState, withRecord } from '../../../src/core/history/source-state.js';
import { GIB, MONTH_FLEET, MONTH_PROOFS } from './month-fleet.js';
import { runOfNight } from './month-runs.js';

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Nights with a run. */
const NIGHTS = 35;

/** A fleet's last five weeks as history holds them, made by the functions that make its records; it ends at `nowMs`. */
export interface Month {
  readonly nowMs: number;
  /** Oldest first. */
  readonly records: readonly HistoryRecord[];
  /** As of a moment of the month. */
  healthAt(atMs: number): FleetHealth;
}

export function makeMonth(nowMs: number): Month {
  const nights = Array.from({ length: NIGHTS }, (_, daysAgo) => ({ daysAgo, startedAtMs: startOf(nowMs, daysAgo) }));
  const records = nights.flatMap(({ daysAgo, startedAtMs }) => [
    ...runOfNight(daysAgo, startedAtMs),
    ...destinationsOf(daysAgo, startedAtMs + HOUR_MS),
    ...(daysAgo % 7 === 0 ? sizesOf(daysAgo, startedAtMs + 2 * HOUR_MS) : []),
  ]);
  const all = [...records, ...proofs(nowMs)].sort((one, other) => one.atMs - other.atMs);
  return { nowMs, records: all, healthAt: (atMs) => healthAt(all, atMs) };
}

/** Each night's run begins three hours before the hour at which the month ends. */
const startOf = (nowMs: number, daysAgo: number): number => nowMs - daysAgo * DAY_MS - 3 * HOUR_MS;

/** The disk loses 5 GiB a day and has 40 left; the vault stays as it is. */
function destinationsOf(daysAgo: number, atMs: number): DestinationRecord[] {
  const of = (destination: string, free: number, total: number): DestinationRecord => ({
    kind: 'destination',
    id: `destination/run-${daysAgo}/${destination}`,
    atMs,
    destination,
    freeBytes: free * GIB,
    totalBytes: total * GIB,
  });
  return [of('disk', 40 + 5 * daysAgo, 500), of('vault', 900, 1_000)];
}

/** Of all sources that have backups: mirrors with two snapshots, and archives. */
function sizesOf(daysAgo: number, atMs: number): SizeRecord[] {
  return MONTH_FLEET.filter(({ host }) => host !== 'new1').flatMap(({ host, source, destination, engine, gib }) => {
    const totalBytes = (gib + NIGHTS - daysAgo) * GIB;
    const measured = {
      host,
      source,
      destination,
      complete: true,
      remarks: [],
      measuredAt: '',
      durationMs: 900,
      name: '',
      totalBytes,
    };
    const onBtrfs = (exclusiveBytes: number) => ({
      ...measured,
      exclusiveBytes,
      sharedBytes: totalBytes - exclusiveBytes,
    });
    const sizes =
      engine === 'mirror'
        ? [
            { ...onBtrfs(GIB), kind: 'mirror' as const },
            { ...onBtrfs(2 * GIB), kind: 'snapshot' as const, name: 'older' },
            { ...onBtrfs(GIB), kind: 'snapshot' as const, name: 'newer' },
          ]
        : [{ ...measured, kind: 'archive' as const, backups: NIGHTS - daysAgo }];
    const found = { runId: `sizes-${daysAgo}`, atMs, source, destination, sizes, missing: [] };
    return sizeRecords(host, totalsOf(found));
  });
}

const proofs = (nowMs: number): ProofRecord[] =>
  MONTH_PROOFS.map(({ daysAgo, good, ...of }) => ({
    kind: 'proof',
    id: `proof/drill-${daysAgo}/${of.host}/${of.source}`,
    atMs: startOf(nowMs, daysAgo),
    ...of,
    backupId: `of-${daysAgo}`,
    good,
    files: 900,
    bytes: GIB,
  }));

function healthAt(records: readonly HistoryRecord[], nowMs: number): FleetHealth {
  const states = new Map<string, SourceState>();
  const destinations = new Map<string, DestinationRecord>();
  const sizes = new Map<string, SizeRecord>();
  for (const record of records.filter(({ atMs }) => atMs <= nowMs)) {
    if (record.kind === 'destination') put(destinations, record.destination, record, nowMs);
    else if (record.kind === 'size') put(sizes, `${record.host} ${record.source} ${record.of}`, record, nowMs);
    else if (isStateRecord(record)) {
      const key = `${record.host} ${record.source}`;
      states.set(key, withRecord(states.get(key), record, nowMs));
    }
  }
  return fleetHealth({
    configured: MONTH_FLEET.map(({ runs: _, gib: __, ...source }) => source),
    configuredDestinations: ['disk', 'vault'],
    states: [...states.values()],
    sizes: [...sizes.values()],
    destinations: [...destinations.values()],
    pending: 0,
    dropped: 0,
    nowMs,
  });
}

function put<Dated extends HistoryRecord>(kept: Map<string, Dated>, key: string, record: Dated, nowMs: number): void {
  kept.set(key, newer(kept.get(key), record, nowMs));
}
