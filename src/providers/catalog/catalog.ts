import type { CatalogBackup, CatalogedSource, CatalogRun, CatalogSource } from '../../core/catalog-records.js';

/** The catalog in a database. Every method may fail; none of what it knows is needed by a backup or a restore. */
export interface Catalog {
  /** For messages. */
  readonly location: string;
  /** A run that is known is written anew. */
  recordRun(run: CatalogRun): Promise<void>;
  /** The newest ones first; with `host`, those that the host took part in. */
  runs(query: { readonly limit: number; readonly host?: string }): Promise<CatalogRun[]>;
  /** Adds one backup to what is known of its source, without saying that all of it is known. */
  recordBackup(backup: CatalogBackup): Promise<void>;
  /** Replaces all that is known of a source. */
  replaceSource(source: CatalogedSource): Promise<void>;
  /** Backups newest first; undefined for a source that was never read whole. */
  source(source: CatalogSource): Promise<CatalogedSource | undefined>;
  /** Forgets sources that were last read before this time (ISO 8601, UTC), and says how many. */
  forgetBefore(time: string): Promise<number>;
  close(): Promise<void>;
}
