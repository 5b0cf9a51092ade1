import type { Status } from '../statuses.js';
import type { ProofRecord, SourceRecord, SourceTags } from './records.js';

/** What history says of a source as it stands: kept with each record, so that it outlives the records themselves. */
export interface SourceState extends SourceTags {
  /** The newest end of a run; undefined: only proofs are known. */
  readonly last?: SourceRecord;
  /** The newest run that made a backup (`ok` or `warning`); undefined: none did. */
  readonly lastSuccess?: SourceRecord;
  /** How often runs ended so, since history is kept. */
  readonly ended: Readonly<Record<Status, number>>;
  /** The newest good drill. */
  readonly lastProof?: ProofRecord;
}
