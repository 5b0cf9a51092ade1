import type { Status } from '../statuses.js';
import type { HistoryRecord, ProofRecord, SourceRecord, SourceTags } from './records.js';

/**
 * What history says of a source at a destination as it stands: kept with each record, so that it outlives the records themselves.
 * The engine is that of the newest record.
 */
export interface SourceState extends SourceTags {
  /** The newest end of a run; undefined: only proofs are known. */
  readonly last?: SourceRecord;
  /** The newest run that made a backup (`ok` or `warning`); undefined: none did. */
  readonly lastSuccess?: SourceRecord;
  /** The oldest such run that history saw. */
  readonly firstSuccessAtMs?: number;
  /** How often runs ended so, since history is kept. */
  readonly ended: Readonly<Record<Status, number>>;
  /** The newest good drill. */
  readonly lastProof?: ProofRecord;
}

/** Servers' and workers' clocks differ by seconds: a record further ahead was noted while a clock was wrong. */
const AHEAD_MS = 3_600_000;

const NEVER: SourceState['ended'] = { ok: 0, warning: 0, failed: 0, skipped: 0, held: 0, cancelled: 0 };

/** A record that says something of its source's state; of drills only good ones do. */
export type StateRecord = SourceRecord | ProofRecord;

export const isStateRecord = (record: HistoryRecord): record is StateRecord =>
  record.kind === 'source' || (record.kind === 'proof' && record.good);

/** The state with one more record. Records may come in any order, each once: the newest by its own time counts. */
export function withRecord(state: SourceState | undefined, record: StateRecord, nowMs: number): SourceState {
  const { host, source, destination } = record;
  const next = record.kind === 'source' ? withSource(state, record, nowMs) : withProof(state, record, nowMs);
  const { engine } = next.last ?? next.lastProof ?? record;
  return { ...next, host, source, destination, engine };
}

/** The record, with what the state before it adds to one that made no backup. */
export function withLastSuccess(record: StateRecord, state: SourceState | undefined): StateRecord {
  const before = state?.lastSuccess?.atMs;
  if (record.kind === 'proof' || isSuccess(record) || before === undefined || before > record.atMs) return record;
  return { ...record, lastSuccessAtMs: before };
}

/** It made a backup. */
export const isSuccess = ({ status }: Pick<SourceRecord, 'status'>): boolean => status === 'ok' || status === 'warning';

type Known = Omit<SourceState, keyof SourceTags>;

function withSource(state: SourceState | undefined, record: SourceRecord, nowMs: number): Known {
  const { last, ended = NEVER, ...known } = state ?? {};
  return {
    ...known,
    ...(isSuccess(record) ? withSuccess(known, record, nowMs) : {}),
    last: newer(last, record, nowMs),
    ended: { ...ended, [record.status]: ended[record.status] + 1 },
  };
}

const withSuccess = (
  { lastSuccess, firstSuccessAtMs = Infinity }: Partial<Known>,
  record: SourceRecord,
  nowMs: number,
) => ({
  lastSuccess: newer(lastSuccess, record, nowMs),
  firstSuccessAtMs: Math.min(firstSuccessAtMs, record.atMs),
});

const withProof = (state: SourceState | undefined, record: ProofRecord, nowMs: number): Known => ({
  ...state,
  ended: state?.ended ?? NEVER,
  lastProof: newer(state?.lastProof, record, nowMs),
});

/** A kept one that lies in the future gives way to any that does not: else a clock that was once a year ahead would hide all that comes after. */
export function newer<Dated extends { readonly id: string; readonly atMs: number }>(
  kept: Dated | undefined,
  record: Dated,
  nowMs: number,
): Dated {
  const aheadMs = nowMs + AHEAD_MS;
  if (kept === undefined || (kept.atMs > aheadMs && record.atMs <= aheadMs)) return record;
  return record.atMs > kept.atMs || (record.atMs === kept.atMs && record.id > kept.id) ? record : kept;
}
