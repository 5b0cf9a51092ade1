import type { RunIdentity } from '../../activities/contract.js';
import type { ProofRecord } from '../../core/history/records.js';
import type { SourceDrill } from '../messages.js';
import type { SelectedSource } from '../sources-queue.js';

/**
 * What history keeps of a source's drill: also that a restore failed, or brought back something else. A drill that was cancelled, or could not even be planned,
 * says nothing of a backup.
 */
export function proofsOf(drill: SourceDrill, { source }: SelectedSource, { runId }: RunIdentity): ProofRecord[] {
  const { host, engine, backupId, failure, files, bytes } = drill;
  if (backupId === undefined || (failure !== undefined && failure.type !== 'DrillFailed')) return [];
  return [
    {
      kind: 'proof',
      id: `proof/${runId}/${host}/${source.name}`,
      atMs: Date.now(),
      host,
      source: source.name,
      destination: source.destination.name,
      engine,
      backupId,
      good: failure === undefined,
      files,
      bytes,
    },
  ];
}
