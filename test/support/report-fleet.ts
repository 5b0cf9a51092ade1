import { NO_ERRORS } from '../../src/core/errors/error-types.js';
import { fleetHealth, type ConfiguredSource } from '../../src/core/history/fleet-state.js';
import type {
  DestinationRecord,
  HostRecord,
  ProofRecord,
  SizeRecord,
  SourceRecord,
} from '../../src/core/history/records.js';
import { type SourceState, withRecord } from '../../src/core/history/source-state.js';
import { partOf } from '../../src/core/report/part.js';
import { composeReport, type Report } from '../../src/core/report/report.js';
import { DAY_MS, type ReportWindow } from '../../src/core/report/window.js';
import { hostRecord, NOON, sizeRecord, sourceRecord } from './history-records.js';

/** What befalls a source on a day: that many days ago. */
export type Fate = (daysAgo: number) => Partial<SourceRecord> | undefined;

export interface FleetSource extends ConfiguredSource {
  readonly fate: Fate;
  readonly provenDaysAgo?: number;
}

export const source = (host: string, name: string, news: Partial<FleetSource> = {}): FleetSource => ({
  host,
  source: name,
  destination: 'vault',
  engine: 'archive',
  expectEveryMs: DAY_MS,
  fate: () => ({}),
  ...news,
});

/** Ten hours before noon: 02:00 UTC. */
const at = (daysAgo: number): number => NOON - daysAgo * DAY_MS - 10 * 3_600_000;

export const unreachable = { type: 'HostUnreachable', message: 'db1 did not answer on port 22 within 10 s' } as const;
const denied = {
  type: 'SourceUnreadable',
  message: 'backup@web2 may not read /srv/mail: permission denied',
} as const;

/** A fleet of a few hosts with some of all that can happen. */
export const SMALL_FLEET: readonly FleetSource[] = [
  source('app1', 'etc', { engine: 'mirror', destination: 'backup_base', provenDaysAgo: 3 }),
  source('app1', 'srv', {
    provenDaysAgo: 40,
    fate: (day) => ({
      storedBytes: 3e8 + 4e8 * ((day * 7) % 5),
      durationMs: 400_000 + 90_000 * ((day * 5) % 7),
      totalSizeBytes: 9e10,
    }),
  }),
  source('cache1', 'etc', { engine: 'mirror', destination: 'backup_base', fate: (day) => (day > 20 ? undefined : {}) }),
  source('db1', 'etc', {
    engine: 'mirror',
    destination: 'backup_base',
    fate: (day) => (day < 4 ? { status: 'skipped', failure: unreachable } : {}),
  }),
  source('db1', 'postgresql', {
    provenDaysAgo: 12,
    fate: (day) =>
      day < 4 ? { status: 'skipped', failure: unreachable } : { storedBytes: 5e9 + 1e8 * day, durationMs: 1_500_000 },
  }),
  source('laptop', 'home', {
    engine: 'mirror',
    destination: 'backup_base',
    expectEveryMs: 7 * DAY_MS,
    fate: (day) =>
      day % 3 === 0
        ? { storedBytes: 2e8 }
        : { status: 'skipped', failure: { ...unreachable, message: 'laptop did not answer' } },
  }),
  source('mail1', 'mail', {
    engine: 'mirror',
    destination: 'backup_base',
    provenDaysAgo: 130,
    fate: (day) =>
      day === 0
        ? {
            status: 'held',
            failure: { type: 'SourceHeld', message: '41,203 of 52,117 entries would be deleted' },
          }
        : { storedBytes: 4e8 },
  }),
  source('new1', 'data', { fate: () => undefined }),
  source('web1', 'www', {
    provenDaysAgo: 5,
    fate: (day) =>
      day % 6 === 2
        ? {
            status: 'warning',
            warnings: 3,
            errorCounts: { ...NO_ERRORS, vanished: 2, partial: 1 },
            evidence: [
              'tar: ./cache/a1b2: File removed before we read it',
              'tar: ./log/access.log: file changed as we read it',
            ],
          }
        : { storedBytes: 6e8 },
  }),
  source('web2', 'mail', {
    fate: (day) =>
      day < 2
        ? {
            status: 'failed',
            failure: denied,
            errorCounts: { ...NO_ERRORS, permission: 12 },
            evidence: [
              'rsync: [sender] opendir "/srv/mail/alice" failed: Permission denied (13)',
              'rsync: [sender] opendir "/srv/mail/bob" failed: Permission denied (13)',
            ],
          }
        : { storedBytes: 1e8 },
  }),
  source('web2', 'www', {
    expectEveryMs: undefined as never,
    fate: (day) => (day === 9 ? { status: 'cancelled' } : {}),
  }),
];

/** As many sources as a fleet may have, a tenth of them in trouble. */
export const largeFleet = (hosts: number, sourcesEach: number): FleetSource[] =>
  Array.from({ length: hosts * sourcesEach }, (_, number) =>
    source(
      `host-${String(Math.floor(number / sourcesEach)).padStart(4, '0')}.example.com`,
      `data/${number % sourcesEach}`,
      {
        destination: number % 2 === 0 ? 'vault' : 'bucket',
        fate: (day) =>
          (number + day) % 10 === 0
            ? { status: 'failed', failure: denied, evidence: ['tar: permission denied', 'x'.repeat(300)] }
            : { storedBytes: 1_000_000 + number },
      },
    ),
  );

/** What history would have of a fleet, and the report on it. */
export function reportOn(fleet: readonly FleetSource[], window: ReportWindow = { untilMs: NOON, days: 30 }): Report {
  const { ended, hosts, states } = lived(fleet, window);
  const disks = Array.from(
    { length: window.days },
    (_, day): DestinationRecord => ({
      kind: 'destination',
      id: `destination/vault/${day}`,
      atMs: at(day),
      destination: 'vault',
      freeBytes: 6e11 + day * 7e9,
      totalBytes: 2e12,
    }),
  );
  const health = fleetHealth({
    configured: fleet,
    configuredDestinations: ['vault', 'backup_base', 'bucket'],
    states,
    destinations: disks.slice(0, 1),
    sizes: [],
    pending: 0,
    dropped: 0,
    nowMs: window.untilMs,
  });
  const part = partOf({ sources: health.sources, ended, hosts, sizes: sizesOf(fleet, window), disks }, window);
  return composeReport(part, window);
}

function lived(fleet: readonly FleetSource[], window: ReportWindow) {
  const ended: SourceRecord[] = [];
  const hosts: HostRecord[] = [];
  const states: SourceState[] = [];
  for (const { host, source: name, destination, engine, fate, provenDaysAgo } of fleet) {
    let state: SourceState | undefined;
    for (let day = window.days - 1; day >= 0; day -= 1) {
      const news = fate(day);
      if (news === undefined) continue;
      const record = sourceRecord({ host, source: name, destination, engine, atMs: at(day), ...news });
      ended.push(record);
      state = withRecord(state, record, window.untilMs);
      if (news.failure?.type === 'HostUnreachable')
        hosts.push(hostRecord({ host, atMs: at(day), status: 'skipped', failure: news.failure }));
    }
    if (provenDaysAgo !== undefined) {
      const proof: ProofRecord = {
        kind: 'proof',
        id: `proof/${host}/${name}`,
        atMs: at(provenDaysAgo),
        host,
        source: name,
        destination,
        engine,
        backupId: '20261001T020000Z-0',
        good: true,
        files: 100,
        bytes: 1_000,
      };
      state = withRecord(state, proof, window.untilMs);
    }
    if (state !== undefined) states.push(state);
  }
  const unique = new Map(hosts.map((record) => [record.id, record]));
  return { ended, hosts: [...unique.values()], states };
}

/** Measured once a week. */
const sizesOf = (fleet: readonly FleetSource[], window: ReportWindow): SizeRecord[] =>
  fleet.flatMap(({ host, source: name, destination, engine, fate }, number) =>
    Array.from({ length: Math.ceil(window.days / 7) }, (_, week) => week * 7)
      .filter((day) => fate(day) !== undefined)
      .map((day) =>
        sizeRecord({
          host,
          source: name,
          destination,
          of: engine,
          atMs: at(day),
          totalBytes: 4e10 + (number % 7) * 2e10 - day * 4e8,
        }),
      ),
  );
