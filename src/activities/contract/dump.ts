/** Sources that are the output of a database's own program. */
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type {
  ArchivePlan,
  CommitArchiveInput,
  CommitArchiveResult,
  PlanArchiveInput,
  RunIdentity,
} from '../contract.js';

export interface DumpPlanned {
  /** Always of level 0; it has no shards yet, and knows no sizes. What is to be dumped lies in the destination. */
  readonly plan: ArchivePlan;
  /** How many dumps, in order of `writeDump`'s `dump`. */
  readonly dumps: number;
}
export interface WriteDumpInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly plan: ArchivePlan;
  readonly dump: number;
  readonly run: RunIdentity;
}
export interface WriteDumpResult {
  readonly fileName: string;
  /** As it is stored, and as the program wrote it. */
  readonly sizeBytes: number;
  readonly rawBytes: number;
  /** What the program said although it ended well; at most 5 lines. */
  readonly remarks: readonly string[];
  /** An earlier attempt had stored it. */
  readonly reused: boolean;
}
export interface CommitDumpInput extends CommitArchiveInput {
  readonly dumps: number;
}
export interface CommitDumpResult extends CommitArchiveResult {
  readonly entries: number;
  readonly sourceBytes: number;
}

export interface DumpActivities {
  /** Asks the server what there is and decides what is dumped. Throws DatabaseUnreachable, DatabaseLoginFailed, DatabaseNotFound, ToolMissing. */
  planDump(input: PlanArchiveInput): Promise<DumpPlanned>;
  /** Runs one dump into extents, or finds it stored by an earlier attempt. One that is not known to be whole leaves nothing. Throws DumpFailed too. */
  writeDump(input: WriteDumpInput): Promise<WriteDumpResult>;
  /** Makes a backup of the stored dumps; see `commitArchive`. */
  commitDump(input: CommitDumpInput): Promise<CommitDumpResult>;
}
