const SECOND_MS = 1_000;
const DURATION_MS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3_600 * SECOND_MS,
  d: 86_400 * SECOND_MS,
  w: 7 * 86_400 * SECOND_MS,
};
const SIZE_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

export const DURATION_PATTERN = /^\d+(\.\d+)? ?[smhdw]$/;
export const SIZE_PATTERN = /^\d+(\.\d+)? ?([KMGT]iB|[kMGT]B)$/;

/** Milliseconds of `30s`, `5m`, `6h`, `2d`, `1w`, or of a plain number of seconds; undefined for anything else. */
export function durationMs(value: string | number): number | undefined {
  if (typeof value === 'number') return value * SECOND_MS;
  if (!DURATION_PATTERN.test(value)) return undefined;
  return Math.round(Number.parseFloat(value) * (DURATION_MS[value.slice(-1)] ?? Number.NaN));
}

/** Bytes of `128MiB`, `1GB`, or of a plain number of bytes; undefined for anything else. */
export function sizeBytes(value: string | number): number | undefined {
  if (typeof value === 'number') return value;
  if (!SIZE_PATTERN.test(value)) return undefined;
  return Math.round(Number.parseFloat(value) * (SIZE_BYTES[value.replace(/^[\d. ]+/, '')] ?? Number.NaN));
}

/** Undefined: no limit. */
export const bytesPerSecond = (limit: string | number | undefined): number | undefined =>
  limit === undefined || limit === 'none' ? undefined : sizeBytes(limit);

/** The shortest exact way to write a duration: `5m`, `36h`, `90s`. */
export function durationWord(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm']) {
    const unitMs = DURATION_MS[unit] ?? Number.NaN;
    if (milliseconds >= unitMs && milliseconds % unitMs === 0) return `${milliseconds / unitMs}${unit}`;
  }
  return `${milliseconds / SECOND_MS}s`;
}

export function sizeWord(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const unitBytes = SIZE_BYTES[unit] ?? Number.NaN;
    if (bytes >= unitBytes && bytes % unitBytes === 0) return `${bytes / unitBytes}${unit}`;
  }
  return `${bytes} bytes`;
}
