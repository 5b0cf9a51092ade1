/** How much room a host's copies take: the words that measuring, the catalog and lists have in common. */

export const SIZE_KINDS = ['mirror', 'snapshot', 'archive'] as const;
export type SizeKind = (typeof SIZE_KINDS)[number];

/** One thing whose size is measured. */
export interface SizeTarget {
  readonly kind: SizeKind;
  /** Of a snapshot; '' for a source's mirror, and for all its archives together. */
  readonly name: string;
}

/** What a target takes up where it is kept. */
export interface MeasuredSize extends SizeTarget {
  readonly host: string;
  readonly source: string;
  /** Name of the destination. */
  readonly destination: string;
  /** Blocks of a directory, as du(1) counts them; stored bytes of archives, as their manifests say. */
  readonly totalBytes: number;
  /** BTRFS only: bytes that nothing else shares; removing it would free them. */
  readonly exclusiveBytes?: number;
  /** BTRFS only: bytes that something else uses as well. */
  readonly sharedBytes?: number;
  /** Of archives: how many there are. */
  readonly backups?: number;
  /** False: `totalBytes` is what was counted up to the time limit, or without what could not be read. */
  readonly complete: boolean;
  /** What is to be said of the figures, at most ten sentences. */
  readonly remarks: readonly string[];
  /** ISO 8601, UTC: when it was begun. */
  readonly measuredAt: string;
  readonly durationMs: number;
}

/** What was found for a target, without where. */
export type SizeFigures = Pick<
  MeasuredSize,
  'totalBytes' | 'exclusiveBytes' | 'sharedBytes' | 'backups' | 'complete' | 'remarks'
>;

export const DEFAULT_SIZE_LIMIT_MS = 600_000;
export const REMARKS_AT_MOST = 10;
