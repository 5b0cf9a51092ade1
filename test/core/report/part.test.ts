import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ERROR_TYPES, NO_ERRORS } from '../../../src/core/errors/error-types.js';
import type { HostRecord, SizeRecord, SourceRecord } from '../../../src/core/history/records.js';
import { statusOfLetter } from '../../../src/core/report/day-letters.js';
import { FAILURES_AT_MOST } from '../../../src/core/report/failures.js';
import { joinParts, partOf, type PartRecords } from '../../../src/core/report/part.js';
import { composeReport } from '../../../src/core/report/report.js';
import { DAY_MS, dayOf, dayStartMs, type ReportWindow } from '../../../src/core/report/window.js';
import { worstStatus, type Status } from '../../../src/core/statuses.js';
import { hostRecord, NOON, sizeRecord, sourceHealth, sourceRecord } from '../../support/history-records.js';

const HOSTS = ['db1', 'web1', 'web2'];
const SOURCES = ['etc', 'home', 'www'];
const STATUSES: readonly Status[] = ['ok', 'warning', 'failed', 'skipped', 'held', 'cancelled'];
const configured = HOSTS.flatMap((host) => SOURCES.slice(1).map((source) => sourceHealth({ host, source })));

const days = fc.integer({ min: 1, max: 10 });
/** From before the window to after it, with the bounds of days more often than chance has them. */
const time = fc
  .tuple(fc.integer({ min: -12, max: 1 }), fc.oneof(fc.nat({ max: DAY_MS - 1 }), fc.constantFrom(0, 1, DAY_MS - 1)))
  .map(([day, within]) => dayStartMs({ untilMs: NOON, days: 1 }, day) + within);
const place = { host: fc.constantFrom(...HOSTS), destination: fc.constantFrom('bucket', 'vault') };
const bytes = fc.nat({ max: 1_000_000 });
const failure = fc.constantFrom(
  { failure: { type: 'HostUnreachable', message: 'no answer' } } as const,
  { failure: { type: 'DestinationFull', message: 'no room' } } as const,
  {},
);

/** The third source of each host is in history, and no longer configured. */
const ended: fc.Arbitrary<SourceRecord> = fc
  .tuple(
    fc.record({
      ...place,
      source: fc.constantFrom(...SOURCES),
      status: fc.constantFrom(...STATUSES),
      atMs: time,
      id: fc.uuid(),
      storedBytes: bytes,
      durationMs: bytes,
      warnings: fc.nat({ max: 9 }),
      errorCounts: fc
        .tuple(fc.constantFrom(...ERROR_TYPES), fc.nat({ max: 9 }))
        .map(([type, count]) => ({ ...NO_ERRORS, [type]: count })),
    }),
    failure,
  )
  .map(([record, why]) => sourceRecord({ ...record, ...why }));
const hostEnded: fc.Arbitrary<HostRecord> = fc
  .tuple(fc.record({ host: place.host, atMs: time, id: fc.uuid() }), failure)
  .map(([record, why]) => hostRecord({ ...record, ...why }));
const size: fc.Arbitrary<SizeRecord> = fc
  .record({
    ...place,
    source: fc.constantFrom(...SOURCES),
    of: fc.constantFrom('mirror', 'archive', 'snapshot'),
    atMs: time,
    id: fc.uuid(),
    totalBytes: bytes,
    complete: fc.boolean(),
  })
  .map(sizeRecord);
const disk = fc
  .record({ destination: place.destination, atMs: time, id: fc.uuid(), freeBytes: bytes })
  .map((record) => ({ kind: 'destination' as const, totalBytes: 2_000_000, ...record }));

/** One record for each moment: what came later is then told by its time. */
const records: fc.Arbitrary<Omit<PartRecords, 'sources'>> = fc.record({
  ended: fc.uniqueArray(ended, { maxLength: 40, selector: ({ atMs }) => atMs }),
  hosts: fc.uniqueArray(hostEnded, { maxLength: 10, selector: ({ atMs }) => atMs }),
  sizes: fc.uniqueArray(size, { maxLength: 20, selector: ({ atMs }) => atMs }),
  disks: fc.uniqueArray(disk, { maxLength: 10, selector: ({ atMs }) => atMs }),
});
const windowOf = (count: number): ReportWindow => ({ untilMs: NOON, days: count });
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe('a report of all records', () => {
  test('has on its days what the records of configured sources say, no more and no less', () => {
    fc.assert(
      fc.property(records, days, (all, count) => {
        const window = windowOf(count);
        const part = partOf({ ...all, sources: configured }, window);
        const counted = (all.ended ?? []).filter(
          ({ atMs, source }) => atMs >= dayStartMs(window, 0) && atMs <= NOON && source !== SOURCES[0],
        );
        expect(part.days).toHaveLength(count);
        for (const status of STATUSES)
          expect(total(part.days.map((day) => day.ended[status]))).toBe(
            counted.filter((record) => record.status === status).length,
          );
        const sums = [
          [total(part.days.map((day) => day.storedBytes)), counted.map((record) => record.storedBytes)],
          [total(part.sources.map((source) => source.storedBytes)), counted.map((record) => record.storedBytes)],
          [
            total(part.destinations.flatMap((destination) => destination.storedBytes)),
            counted.map((record) => record.storedBytes),
          ],
          [total(part.days.map((day) => day.durationMs)), counted.map((record) => record.durationMs)],
          [total(part.days.map((day) => day.warnings)), counted.map((record) => record.warnings)],
          [total(part.days.map((day) => day.errors)), counted.flatMap((record) => Object.values(record.errorCounts))],
          [
            total(part.sources.map((source) => source.errors)),
            counted.flatMap((record) => Object.values(record.errorCounts)),
          ],
        ] as const;
        for (const [told, known] of sums) expect(told).toBe(total(known));
      }),
    );
  });

  test('has for each source and day the worst status, and tells a day without a run from one that went well', () => {
    fc.assert(
      fc.property(records, days, (all, count) => {
        const window = windowOf(count);
        for (const report of partOf({ ...all, sources: configured }, window).sources) {
          expect(report.days).toHaveLength(count);
          for (const [day, letter] of [...report.days].entries()) {
            const statuses = (all.ended ?? [])
              .filter(({ host, source }) => host === report.host && source === report.source)
              .filter(({ atMs }) => dayOf(window, atMs) === day)
              .map(({ status }) => status);
            expect(statusOfLetter(letter)).toBe(statuses.length === 0 ? undefined : worstStatus(statuses));
          }
        }
      }),
    );
  });

  test('is the same in whatever order its records come', () => {
    fc.assert(
      fc.property(records, days, fc.infiniteStream(fc.nat()), (all, count, numbers) => {
        const shuffled = <Item>(items: readonly Item[] = []): Item[] =>
          items
            .map((item) => ({ item, at: numbers.next().value as number }))
            .sort((one, other) => one.at - other.at)
            .map(({ item }) => item);
        const again = {
          ended: shuffled(all.ended),
          hosts: shuffled(all.hosts),
          sizes: shuffled(all.sizes),
          disks: shuffled(all.disks),
        };
        const window = windowOf(count);
        expect(partOf({ ...again, sources: configured }, window)).toEqual(
          partOf({ ...all, sources: configured }, window),
        );
      }),
    );
  });

  test('is what its parts are together, however it is parted and in whatever order they are joined', () => {
    fc.assert(
      fc.property(
        records,
        days,
        fc.array(fc.nat({ max: 3 }), { minLength: 6, maxLength: 6 }),
        (all, count, parting) => {
          const window = windowOf(count);
          const told = new Set<string>();
          const disks = partOf({ sources: [], disks: all.disks ?? [] }, window);
          const parts = [3, 0, 2, 1].flatMap((number) =>
            HOSTS.flatMap((host) => {
              const sources = configured.filter((one, index) => one.host === host && parting[index] === number);
              if (sources.length === 0) return [];
              const hostsAreTold = told.has(host);
              told.add(host);
              const hosts = (all.hosts ?? []).filter((record) => record.host === host);
              return partOf({ ...all, disks: [], sources, hosts, hostsAreTold }, window);
            }),
          );
          const joined = [...parts, disks].reduce(joinParts);
          expect(composeReport(joined, window)).toEqual(
            composeReport(partOf({ ...all, sources: configured }, window), window),
          );
        },
      ),
    );
  });
});

test('a day begins at midnight UTC, and the window ends with the moment of the report', () => {
  const window = windowOf(3);
  const midnight = Date.UTC(2026, 10, 21);
  expect(dayStartMs(window, 0)).toBe(Date.UTC(2026, 10, 19));
  expect([midnight, midnight - 1, NOON, NOON + 1].map((atMs) => dayOf(window, atMs))).toEqual([2, 1, 2, undefined]);
  expect([Date.UTC(2026, 10, 19), Date.UTC(2026, 10, 19) - 1].map((atMs) => dayOf(window, atMs))).toEqual([
    0,
    undefined,
  ]);
});

describe('failures', () => {
  const window = windowOf(5);
  const unreachable = { type: 'HostUnreachable', message: 'no answer' } as const;

  test('that repeat are told once, with the newest’s evidence, how often and since when', () => {
    const failed = [3, 1, 2].map((day) =>
      sourceRecord({
        status: 'failed',
        atMs: NOON - day * DAY_MS,
        failure: { type: 'DestinationFull', message: `no room ${day}` },
        evidence: [`line ${day}`],
        errorCounts: { ...NO_ERRORS, disk_full: day },
      }),
    );
    expect(partOf({ sources: [sourceHealth()], ended: failed }, window).failures).toMatchObject([
      {
        host: 'web1',
        source: 'www',
        type: 'DestinationFull',
        message: 'no room 1',
        evidence: ['line 1'],
        errorCounts: { disk_full: 6 },
        count: 3,
        firstAtMs: NOON - 3 * DAY_MS,
        lastAtMs: NOON - DAY_MS,
      },
    ]);
  });

  test('of a host as a whole are told of the host, and not of each of its sources', () => {
    const sources = SOURCES.map((source) => sourceHealth({ source }));
    const ended = SOURCES.map((source) => sourceRecord({ source, status: 'skipped', failure: unreachable }));
    const hosts = [hostRecord({ status: 'skipped', failure: unreachable })];
    expect(partOf({ sources, ended, hosts }, window).failures).toMatchObject([
      { host: 'web1', type: 'HostUnreachable', count: 1 },
    ]);
    expect(partOf({ sources, ended, hosts, hostsAreTold: true }, window).failures).toEqual([]);
    expect(partOf({ sources, ended }, window).failuresTotal).toBe(3);
  });

  test('are the newest ones, and how many there are is said', () => {
    const sources = Array.from({ length: 100 }, (_, number) => sourceHealth({ source: `s${number}` }));
    const ended = sources.map(({ source }, number) =>
      sourceRecord({ source, status: 'failed', failure: unreachable, atMs: NOON - number * 1000 }),
    );
    const { failures, failuresTotal } = partOf({ sources, ended }, window);
    expect([failures.length, failuresTotal]).toEqual([FAILURES_AT_MOST, 100]);
    expect(failures.map(({ source }) => source)).toEqual(
      sources.slice(0, FAILURES_AT_MOST).map(({ source }) => source),
    );
  });

  test('are cut, however long a program’s words were', () => {
    const ended = [
      sourceRecord({
        status: 'failed',
        failure: { type: 'RsyncFailed', message: '𝕏'.repeat(10_000) },
        evidence: Array.from({ length: 9 }, () => 'y'.repeat(5_000)),
      }),
    ];
    const [told] = partOf({ sources: [sourceHealth()], ended }, window).failures;
    expect([...(told?.message ?? '')]).toHaveLength(400);
    expect(told?.message).toMatch(/^𝕏+…$/u);
    expect(told?.evidence.map(({ length }) => length)).toEqual([200, 200, 200]);
  });
});

describe('sizes', () => {
  const window = windowOf(4);
  const at = (day: number): number => NOON - (3 - day) * DAY_MS;
  test('stay what they were last measured, and are not known before', () => {
    const sizes = [sizeRecord({ atMs: at(1), totalBytes: 10 }), sizeRecord({ atMs: at(3), totalBytes: 30 })];
    const { sources, destinations } = partOf({ sources: [sourceHealth()], sizes }, window);
    expect(destinations).toMatchObject([{ destination: 'vault', sizeBytes: [null, 10, 10, 30] }]);
    expect(sources).toMatchObject([{ sizeBytes: 30, grownBytes: 20 }]);
  });

  test('measured before the window are known all along, and nothing is said of growth', () => {
    const sizes = [sizeRecord({ atMs: at(-9), totalBytes: 50 })];
    const { sources, destinations } = partOf({ sources: [sourceHealth({ sizes })] }, window);
    expect(sources[0]).toMatchObject({ sizeBytes: 50 });
    expect(sources[0]).not.toHaveProperty('grownBytes');
    expect(destinations.map((one) => one.sizeBytes)).toEqual([[50, 50, 50, 50]]);
    const again = partOf({ sources: [sourceHealth({ sizes })], sizes }, window);
    expect(again.destinations).toEqual(destinations);
  });

  test('that are not complete count only where there are no others', () => {
    const partial = sizeRecord({ atMs: at(3), totalBytes: 3, complete: false });
    const complete = sizeRecord({ atMs: at(2), totalBytes: 20 });
    const sizeOf = (sizes: readonly SizeRecord[]) =>
      partOf({ sources: [sourceHealth()], sizes }, window).sources[0]?.sizeBytes;
    expect([sizeOf([partial]), sizeOf([partial, complete])]).toEqual([3, 20]);
  });

  test('of snapshots are what only they hold', () => {
    const sizes = [
      sizeRecord({ of: 'mirror', totalBytes: 50 }),
      sizeRecord({ of: 'snapshot', count: 2, totalBytes: 100, exclusiveBytes: 9, atMs: at(1) }),
      sizeRecord({ of: 'snapshot', count: 2, totalBytes: 100, exclusiveBytes: 7 }),
    ];
    expect(partOf({ sources: [sourceHealth({ sizes })] }, window).sources[0]).toMatchObject({
      sizeBytes: 50,
      snapshotBytes: 7,
    });
  });
});
