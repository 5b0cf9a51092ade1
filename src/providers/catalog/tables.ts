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
}
