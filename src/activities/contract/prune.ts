/** The Activities of `holdfast prune` and of pins: types only. */
import type { Failure } from '../../core/failures.js';
import type { Selection } from '../../core/plan.js';
import type { RunIdentity } from '../contract.js';

export interface PruneSelection {
  readonly configPath: string;
  readonly selection: Selection;
}

export interface PruneSourcesInput extends PruneSelection {
  readonly destination: string;
  /** Position among the archived sources of the destination that are selected. */
  readonly offset: number;
  readonly limit: number;
  /** Go on where a doubt would hold a source. */
  readonly approve: boolean;
  /** Remove what abandoned runs left, and nothing else. */
  readonly sweepOnly: boolean;
  readonly nowMs: number;
  readonly run: RunIdentity;
}
export interface PruneSourcesResult {
  /** Sources that there are. */
  readonly total: number;
  readonly sources: readonly PrunedSource[];
}
/** What was done to one source. */
export interface PrunedSource {
  readonly host: string;
  readonly source: string;
  readonly status: 'ok' | 'held' | 'failed';
  /** Why it is held or has failed. */
  readonly failure?: Failure;
  /** Backups that stay. */
  readonly kept: number;
  /** Backups that are to go and wait for the end of their grace, those marked now among them. */
  readonly waiting: number;
  readonly marked: number;
  /** Marks taken back, since the rules keep them again. */
  readonly unmarked: number;
  readonly deleted: number;
  readonly freedBytes: number;
  /** At most 20 of each kind. */
  readonly firstMarked: readonly string[];
  readonly firstDeleted: readonly string[];
  readonly swept: SweptLeftovers;
  readonly notes: readonly string[];
}
/** What abandoned runs had left. */
export interface SweptLeftovers {
  readonly objects: number;
  readonly bytes: number;
  /** Uploads and hidden files that were never finished. */
  readonly unfinished: number;
}

export interface RecordPruneInput extends PruneSelection {
  readonly destination: string;
  readonly nowMs: number;
  readonly deleted: number;
  readonly freedBytes: number;
  /** A person has approved the clock: records of later times are forgotten. */
  readonly approve: boolean;
  readonly run: RunIdentity;
}

export interface PreviewPruneInput extends PruneSelection {
  readonly offset: number;
  /** Of the source at `offset`: how many of its backups were shown before. */
  readonly shown: number;
  readonly nowMs: number;
}
export interface PreviewPruneResult {
  readonly sources: readonly PreviewedSource[];
  /** Absent: that was all. */
  readonly next?: { readonly offset: number; readonly shown: number };
}
export interface PreviewedSource {
  readonly host: string;
  readonly source: string;
  readonly destination: string;
  /** Newest first; a long list goes on with the next page. */
  readonly backups: readonly PreviewedBackup[];
  /** Why a prune would be held. */
  readonly doubt?: string;
  readonly failure?: Failure;
}
export interface PreviewedBackup {
  readonly id: string;
  readonly status: 'ok' | 'warning' | 'damaged' | 'unreadable';
  /** What its deletion frees. */
  readonly storedBytes: number;
  readonly fate: 'stays' | 'marked' | 'waits' | 'deleted';
  /** The rules that keep it, the backup that needs it, or why it goes. */
  readonly why: string;
  /** When it is deleted at the earliest. */
  readonly dueAt?: string;
}

export interface PinBackupsInput {
  readonly configPath: string;
  readonly host: string;
  readonly source: string;
  readonly ids: readonly string[];
  readonly pinned: boolean;
  readonly reason?: string;
  readonly nowMs: number;
  readonly run: RunIdentity;
}
export interface PinBackupsResult {
  /** Those that were not so before. */
  readonly changed: readonly string[];
}

export interface PruneActivities {
  /** Names of the destinations that the selected archived sources are in. */
  listPruneDestinations(input: PruneSelection): Promise<readonly string[]>;
  pruneSources(input: PruneSourcesInput): Promise<PruneSourcesResult>;
  recordPrune(input: RecordPruneInput): Promise<void>;
  previewPrune(input: PreviewPruneInput): Promise<PreviewPruneResult>;
  pinBackups(input: PinBackupsInput): Promise<PinBackupsResult>;
}
