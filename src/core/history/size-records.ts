import type { MeasuredSize, SizeKind, SizeTarget } from '../sizes/sizes.js';
import type { SizeRecord } from './records.js';

export interface MeasuredSource {
  readonly runId: string;
  /** When all of it had been measured. */
  readonly atMs: number;
  readonly source: string;
  readonly destination: string;
  readonly sizes: readonly MeasuredSize[];
  /** What is there and was not measured. */
  readonly missing: readonly Pick<SizeTarget, 'kind'>[];
  /** Of which there are none any more: what was measured of them before is not to stand any longer. */
  readonly gone?: readonly SizeKind[];
}

/** What a scan measured of a source, kind by kind, as the run's result keeps it. */
export interface SourceTotals extends Pick<MeasuredSource, 'runId' | 'atMs' | 'source' | 'destination'> {
  readonly kinds: readonly KindTotals[];
}

type KindTotals = Pick<SizeRecord, 'of' | 'count' | 'totalBytes' | 'exclusiveBytes' | 'sharedBytes' | 'complete'>;

export function totalsOf(measured: MeasuredSource): SourceTotals {
  const { runId, atMs, source, destination, sizes, gone = [] } = measured;
  const there = [...new Set(sizes.map(({ kind }) => kind))].map((kind) => totalsOfKind(measured, kind));
  return { runId, atMs, source, destination, kinds: [...there, ...gone.map((of) => ({ of, ...NOTHING }))] };
}

const NOTHING = { count: 0, totalBytes: 0, exclusiveBytes: 0, sharedBytes: 0, complete: true } as const;

/** One record for each kind. */
export function sizeRecords(host: string, { runId, atMs, source, destination, kinds }: SourceTotals): SizeRecord[] {
  return kinds.map((totals) => ({
    kind: 'size',
    id: `size/${runId}/${host}/${source}/${totals.of}`,
    atMs,
    host,
    source,
    destination,
    ...totals,
  }));
}

function totalsOfKind({ sizes, missing }: MeasuredSource, of: SizeKind): KindTotals {
  const ofKind = sizes.filter(({ kind }) => kind === of);
  const [exclusiveBytes, sharedBytes] = [sum(ofKind, 'exclusiveBytes'), sum(ofKind, 'sharedBytes')];
  return {
    of,
    count: ofKind.reduce((count, { backups = 1 }) => count + backups, 0),
    totalBytes: ofKind.reduce((total, { totalBytes }) => total + totalBytes, 0),
    ...(exclusiveBytes === undefined ? {} : { exclusiveBytes }),
    ...(sharedBytes === undefined ? {} : { sharedBytes }),
    complete: ofKind.every(({ complete }) => complete) && missing.every(({ kind }) => kind !== of),
  };
}

/** Undefined where none of them knows. */
function sum(sizes: readonly MeasuredSize[], figure: 'exclusiveBytes' | 'sharedBytes'): number | undefined {
  const known = sizes.flatMap((size) => size[figure] ?? []);
  return known.length === 0 ? undefined : known.reduce((total, bytes) => total + bytes, 0);
}
