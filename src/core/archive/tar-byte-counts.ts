/** Bytes of the whole tar, as `--totals` says when tar has written its end; undefined for any other line. */
export function tarTotal(line: string): number | undefined {
  const match = /^Total bytes written: (\d+) \(/.exec(line);
  return match ? Number(match[1]) : undefined;
}

export interface CompressorCounts {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The exact counts that zstd prints with -vv (since 1.5 `40960 B => 851 B`, before `40960 => 851 bytes`); undefined for any other line. */
export function zstdCounts(line: string): CompressorCounts | undefined {
  const match = /^\S.* : *[\d.]+% +\( *(\d+)(?: B)? => +(\d+)(?: B| bytes), /.exec(line);
  return match ? { bytesIn: Number(match[1]), bytesOut: Number(match[2]) } : undefined;
}

const ZSTD_REMARKS: readonly RegExp[] = [
  /^\*\*\* (?:Zstandard CLI|zstd command line interface) /i,
  /^--zstd=/,
  /^--format=/,
  /^Using std(?:in|out) for (?:input|output) ?$/,
  /^Decompression will require \d+ B of memory$/,
  /^\S.* : *Completed in /,
  /^Note: \d+ physical core/,
  /^$/,
];

/** Whether a line is one of zstd's harmless remarks under -vv. */
export const isZstdRemark = (line: string): boolean => ZSTD_REMARKS.some((remark) => remark.test(line));
