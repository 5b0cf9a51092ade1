import type { Engine } from '../plan.js';
import type { EndedBy } from './ended.js';
import type { ProofRecord } from './records.js';

/** What of a SourceDrill (workflows/messages/verify.ts) history is made of; those of older versions lack what is optional here. */
export interface EndedDrill {
  readonly host: string;
  readonly source: string;
  readonly engine: Engine;
  readonly failure?: EndedBy;
  /** Absent: it could not even be planned. */
  readonly backupId?: string;
  readonly destination?: string;
  readonly runId?: string;
  readonly endedAtMs?: number;
  readonly files: number;
  readonly bytes: number;
}

/**
 * What history keeps of a source's drill: also that a restore failed, or brought back something else. A drill that was cancelled, or could not even be planned,
 * says nothing of a backup.
 */
export function proofsOf(drill: EndedDrill): ProofRecord[] {
  const { host, source, engine, failure, backupId, destination, runId, endedAtMs, files, bytes } = drill;
  if (backupId === undefined || (failure !== undefined && failure.type !== 'DrillFailed')) return [];
  if (destination === undefined || runId === undefined || endedAtMs === undefined) return [];
  return [
    {
      kind: 'proof',
      id: `proof/${runId}/${host}/${source}`,
      atMs: endedAtMs,
      host,
      source,
      destination,
      engine,
      backupId,
      good: failure === undefined,
      files,
      bytes,
    },
  ];
}
