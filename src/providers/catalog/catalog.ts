import type { CatalogBackup, CatalogedSource, CatalogRun, CatalogSource } from '../../core/catalog-records.js';
import type { MeasuredSize, SizeTarget } from '../../core/sizes/sizes.js';
import type { History } from './history.js';

/** The catalog in a database. Every method may fail; none of what it knows is needed by a backup or a restore. */
export interface Catalog {
  /** For messages. */
  readonly location: string;
  /** What ended and was measured; of all that the catalog has, this alone cannot be made anew from the destinations. */
  readonly history: History;
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
  /** In the place of what was known of the same. */
  recordSize(size: MeasuredSize): Promise<void>;
  /** Of a source: archives or the mirror first, then snapshots, newest first. */
  sizes(source: CatalogSource): Promise<MeasuredSize[]>;
  /** Forgets all of a source's that is not among these. */
  keepSizes(source: CatalogSource, targets: readonly SizeTarget[]): Promise<void>;
  close(): Promise<void>;
}
