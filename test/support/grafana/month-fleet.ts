import type { EndedBy } from '../../../src/core/history/ended.js';
import type { SourceTags } from '../../../src/core/history/records.js';
import type { Status } from '../../../src/core/statuses.js';

export const GIB = 1_073_741_824;
const DAY_MS = 86_400_000;

export interface MonthSource extends SourceTags {
  readonly expectEveryMs?: number;
  readonly gib: number;
  /** How its run ended so many days ago; undefined: there was none. */
  readonly runs: (daysAgo: number) => MonthRun | undefined;
}

export interface MonthRun {
  readonly status: Status;
  readonly seconds: number;
  readonly failure?: EndedBy;
  /** Files that could not be read. */
  readonly permission?: number;
}

export const ODD_NAME = 'data (old)/v1.0+';

const UNREACHABLE: EndedBy = { type: 'HostUnreachable', message: 'db1 does not answer on port 22' };
const INTERRUPTED: EndedBy = { type: 'TransferInterrupted', message: 'the connection to app1 broke' };

const well = (daysAgo: number): MonthRun => ({ status: 'ok', seconds: 600 + (daysAgo % 5) * 10 });
const mirror = (host: string, source: string, gib: number) =>
  ({ host, source, destination: 'disk', engine: 'mirror', expectEveryMs: DAY_MS, gib }) as const;
const archive = (host: string, source: string, gib: number) =>
  ({ host, source, destination: 'vault', engine: 'archive', expectEveryMs: DAY_MS, gib }) as const;

/** Each source is well but for what its comment says. */
export const MONTH_FLEET: readonly MonthSource[] = [
  { ...mirror('web1', 'etc', 2), runs: well },
  { ...archive('web1', 'www', 60), runs: well },
  // Unreachable for three nights: failed, and overdue.
  {
    ...archive('db1', 'data', 120),
    runs: (daysAgo) => (daysAgo < 3 ? { status: 'failed', seconds: 30, failure: UNREACHABLE } : well(daysAgo)),
  },
  // Broke last night only: failed, not overdue.
  {
    ...archive('app1', 'srv', 10),
    runs: (daysAgo) => (daysAgo < 1 ? { status: 'failed', seconds: 45, failure: INTERRUPTED } : well(daysAgo)),
  },
  // Some files may not be read since yesterday.
  {
    ...mirror('mail1', 'spool', 30),
    runs: (daysAgo) => (daysAgo < 2 ? { status: 'warning', seconds: 640, permission: 3 } : well(daysAgo)),
  },
  // Last night took ten times as long.
  {
    ...mirror('files1', 'share', 300),
    runs: (daysAgo) => (daysAgo === 0 ? { status: 'ok', seconds: 6_000 } : well(daysAgo)),
  },
  // Waits for a person.
  {
    ...mirror('dev1', 'home', 8),
    runs: (daysAgo) => (daysAgo === 0 ? { status: 'held', seconds: 20 } : well(daysAgo)),
  },
  // Nobody said how often: it is not overdue. A name that regular expressions would take for something else.
  {
    host: 'lab1',
    source: ODD_NAME,
    destination: 'disk',
    engine: 'mirror',
    gib: 1,
    runs: (daysAgo) => (daysAgo === 20 ? well(20) : undefined),
  },
  // Never had a run.
  { ...mirror('new1', 'root', 1), runs: () => undefined },
];

/** web1 is proven; mail1 and db1 were once, db1's newest drill failed. */
export const MONTH_PROOFS = [
  { host: 'web1', source: 'etc', destination: 'disk', engine: 'mirror', daysAgo: 2, good: true },
  { host: 'web1', source: 'www', destination: 'vault', engine: 'archive', daysAgo: 3, good: true },
  { host: 'mail1', source: 'spool', destination: 'disk', engine: 'mirror', daysAgo: 20, good: true },
  { host: 'db1', source: 'data', destination: 'vault', engine: 'archive', daysAgo: 25, good: true },
  { host: 'db1', source: 'data', destination: 'vault', engine: 'archive', daysAgo: 4, good: false },
] as const;
