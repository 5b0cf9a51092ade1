import { worstOfEach, countLetters, type DayLetters } from './day-letters.js';
import { outlookOf, type Outlook } from './days-left.js';
import type { DaySums } from './day-sums.js';
import type { DestinationDays } from './destination-days.js';
import type { FailureReport } from './failures.js';
import type { ReportPart } from './part.js';
import type { SourceReport } from './source-report.js';
import type { ReportWindow } from './window.js';

/** A fleet on some days, worst first: what a person reads, and what pages and tables are drawn from. */
export interface Report {
  readonly window: ReportWindow;
  readonly counts: ReportCounts;
  readonly sources: readonly SourceReport[];
  readonly hosts: readonly HostReport[];
  readonly days: readonly DaySums[];
  readonly failures: readonly FailureReport[];
  /** Of which `failures` are the newest. */
  readonly failuresTotal: number;
  readonly destinations: readonly DestinationReport[];
}

export interface ReportCounts {
  readonly hosts: number;
  readonly sources: number;
  readonly unprotected: number;
  /** Protected, although their last run did not end well. */
  readonly toLookAt: number;
  /** No backup was ever made of anything. */
  readonly nothingYet: boolean;
  /** Never overdue, since nothing says how often a backup is expected. */
  readonly withoutExpectation: number;
  readonly neverProven: number;
}

export interface HostReport {
  readonly host: string;
  readonly sources: number;
  readonly unprotected: number;
  readonly days: DayLetters;
  readonly storedBytes: number;
  readonly sizeBytes?: number;
  readonly grownBytes?: number;
  readonly snapshotBytes?: number;
}

export interface DestinationReport extends DestinationDays {
  readonly outlook: Outlook;
}

export function composeReport(part: ReportPart, window: ReportWindow): Report {
  const sources = part.sources.toSorted(worstFirst);
  const { days, failures, failuresTotal, destinations } = part;
  const hosts = hostsOf(sources);
  return {
    window,
    counts: countsOf(sources, hosts.length),
    sources,
    hosts,
    days,
    failures,
    failuresTotal,
    destinations: destinations.map((one) => ({ ...one, outlook: outlookOf(one.freeBytes) })),
  };
}

function countsOf(sources: readonly SourceReport[], hosts: number): ReportCounts {
  const count = (test: (source: SourceReport) => boolean): number => sources.filter(test).length;
  return {
    hosts,
    sources: sources.length,
    unprotected: count((source) => concernOf(source) === 'unprotected'),
    toLookAt: count((source) => concernOf(source) === 'to look at'),
    nothingYet: sources.every(({ lastSuccessAtMs }) => lastSuccessAtMs === undefined),
    withoutExpectation: count(({ expectEveryMs }) => expectEveryMs === undefined),
    neverProven: count(({ lastProofAtMs }) => lastProofAtMs === undefined),
  };
}

/** Unprotected ones first, then those to look at; among them the oldest backup first, and none before all. */
function worstFirst(one: SourceReport, other: SourceReport): number {
  const ageOf = ({ lastSuccessAtMs }: SourceReport): number => lastSuccessAtMs ?? Number.NEGATIVE_INFINITY;
  const [age, otherAge] = [ageOf(one), ageOf(other)];
  return (
    rankOf(one) - rankOf(other) ||
    (rankOf(one) < 2 && age !== otherAge ? (age < otherAge ? -1 : 1) : 0) ||
    compare(one.host, other.host) ||
    compare(one.source, other.source)
  );
}

/** How much a source wants of a person. */
export type Concern = 'unprotected' | 'to look at' | 'none';

/** A protected source is to be looked at when its last run did not end well. */
export function concernOf({ unprotected, status }: Pick<SourceReport, 'unprotected' | 'status'>): Concern {
  if (unprotected !== undefined) return 'unprotected';
  return status === undefined || status === 'ok' ? 'none' : 'to look at';
}

const RANKS: readonly Concern[] = ['unprotected', 'to look at', 'none'];
const rankOf = (source: SourceReport): number => RANKS.indexOf(concernOf(source));

function hostsOf(sources: readonly SourceReport[]): HostReport[] {
  const groups = new Map<string, SourceReport[]>();
  for (const source of sources) groups.set(source.host, [...(groups.get(source.host) ?? []), source]);
  return [...groups]
    .map(([host, own]) => ({
      host,
      sources: own.length,
      unprotected: own.filter(({ unprotected }) => unprotected !== undefined).length,
      days: worstOfEach(own.map(({ days }) => days)),
      storedBytes: own.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      ...sumOf('sizeBytes', own),
      ...sumOf('grownBytes', own),
      ...sumOf('snapshotBytes', own),
    }))
    .sort(
      (one, other) =>
        Math.sign(other.unprotected) - Math.sign(one.unprotected) ||
        badDays(other) - badDays(one) ||
        compare(one.host, other.host),
    );
}

/** Absent: of none of them it is known. */
function sumOf<Name extends 'sizeBytes' | 'grownBytes' | 'snapshotBytes'>(
  name: Name,
  sources: readonly SourceReport[],
): { readonly [Key in Name]?: number } {
  const known = sources.flatMap((source) => source[name] ?? []);
  return known.length === 0
    ? {}
    : ({ [name]: known.reduce((sum, bytes) => sum + bytes, 0) } as { [Key in Name]: number });
}

/** Days with runs of which one made no backup. */
function badDays({ days }: HostReport): number {
  const counts = countLetters(days);
  return (['failed', 'held', 'skipped', 'cancelled'] as const).reduce(
    (sum, status) => sum + (counts.get(status) ?? 0),
    0,
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
