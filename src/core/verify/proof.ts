/** How a restore was proven: file contents compared with the source's own, or only what the index records of them. */
export type ProofKind = 'source' | 'index';

/** `.holdfast/proofs/<host>/<source>/<backup id>.json`: the newest drill that brought back files of this backup. */
export interface ProofRecord {
  readonly kind: 'holdfast-proof';
  readonly format: 1;
  readonly host: string;
  readonly source: string;
  readonly backupId: string;
  /** When the drill ended; ISO 8601, UTC. */
  readonly at: string;
  readonly result: 'ok' | 'failed';
  readonly proof: ProofKind;
  /** Restored and compared with what the index records. */
  readonly files: number;
  readonly bytes: number;
  /** Of these, how many had not changed on the source since, and were compared with its contents. */
  readonly comparedWithSource: number;
  /** The whole backup was restored, not a sample. */
  readonly complete: boolean;
  /** What drew the sample. */
  readonly seed: number;
  readonly run: { readonly workflowId: string; readonly runId: string };
}

/** The newest good proof of a source, as lists show it. */
export interface LastProof {
  readonly host: string;
  readonly source: string;
  readonly at: string;
  readonly backupId: string;
  readonly proof: ProofKind;
  readonly files: number;
  readonly bytes: number;
  readonly complete: boolean;
}

/** The newest of a source's good proofs. */
export function lastProof(records: Iterable<ProofRecord>): LastProof | undefined {
  let newest: ProofRecord | undefined;
  for (const record of records) {
    if (record.result === 'ok' && (newest === undefined || record.at > newest.at)) newest = record;
  }
  if (newest === undefined) return undefined;
  const { host, source, at, backupId, proof, files, bytes, complete } = newest;
  return { host, source, at, backupId, proof, files, bytes, complete };
}
