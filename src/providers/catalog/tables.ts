import type { Generated } from 'kysely';

/** Columns that both databases have in common: text, and numbers that fit a double. JSON and times are text. */
export interface CatalogTables {
  runs: {
    workflow_id: string;
    run_id: string;
    type: string;
    status: string;
    started_at: string;
    duration_ms: number;
    summary: string;
  };
  run_hosts: { run_id: string; position: number; host: string; status: string };
  sources: { host: string; source: string; known_at: string; proof: string | null };
  backups: { host: string; source: string; backup_id: string; started_at: string; details: string };
  sizes: { host: string; source: string; kind: string; name: string; measured_at: string; details: string };
  /** `seq` grows with each row and is never given twice; `config` is the configuration that noted it; `waiting` is 1 while it is to be sent. */
  history: {
    seq: Generated<number>;
    id: string;
    at_ms: number;
    kind: string;
    host: string | null;
    config: string;
    details: string;
    waiting: number;
    refused: string | null;
  };
  source_states: { host: string; source: string; destination: string; details: string };
  /** Of what no state is kept: the newest record of each place. */
  latest_records: { kind: string; place: string; details: string };
  /** One row. `untrimmed`: noted since the bounds were seen to; `dropped`: gone before they were sent; `horizon_ms`: the newest that ever had to go. */
  history_totals: { only: number; untrimmed: number; dropped: number; horizon_ms: number };
}
