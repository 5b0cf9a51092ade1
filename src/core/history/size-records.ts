import type { MeasuredSize, SizeKind, SizeTarget } from '../sizes/sizes.js';
import type { SizeRecord } from './records.js';

export interface MeasuredSource {
  readonly runId: string;
  /** When all of it had been measured. */
  readonly atMs: number;
  readonly host: string;
  readonly source: string;
  readonly destination: string;
  readonly sizes: readonly MeasuredSize[];
  /** What is there and was not measured. */
  readonly missing: readonly Pick<SizeTarget, 'kind'>[];
}

/** One record for each kind of what a scan measured of a source. */
export function sizeRecords(measured: MeasuredSource): SizeRecord[] {
  const kinds = new Set(measured.sizes.map(({ kind }) => kind));
  return [...kinds].map((kind) => sizeRecord(measured, kind));
}

function sizeRecord(
  { runId, atMs, host, source, destination, sizes, missing }: MeasuredSource,
  of: SizeKind,
): SizeRecord {
  const ofKind = sizes.filter(({ kind }) => kind === of);
  const [exclusiveBytes, sharedBytes] = [sum(ofKind, 'exclusiveBytes'), sum(ofKind, 'sharedBytes')];
  return {
    kind: 'size',
    id: `size/${runId}/${host}/${source}/${of}`,
    atMs,
    host,
    source,
    destination,
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
