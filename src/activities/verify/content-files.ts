import type { Entry } from '../../core/entries/entry.js';
import type { Manifest } from '../../core/archive/manifest.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { Repository } from '../archive/open-repository.js';
import type { HashedFile } from './hash-files.js';

/** A file whose content is to be compared, and where the chain holds it. */
export interface ContentFile {
  readonly entry: Entry;
  readonly level: number;
  readonly shard: number;
  /** Among that backup's files that are stored as extents. */
  readonly large?: number;
}

/** The backup and the host that are compared. */
export interface ContentPlace {
  readonly storage: Repository;
  readonly chain: readonly Manifest[];
  readonly runner: ScriptRunner;
  readonly host: HostPlan;
  readonly source: SourcePlan;
  /** Of this machine, for copies of objects. */
  readonly directory: string;
}

/** Whether the file is still the one that the index has. */
export const isStill = (entry: Entry, { sizeBytes, mtime, ctime, inode }: Omit<HashedFile, 'sha256'>): boolean =>
  sizeBytes === entry.sizeBytes && mtime === entry.mtime && ctime === entry.ctime && inode === entry.inode;
