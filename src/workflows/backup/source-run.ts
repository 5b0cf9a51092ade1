import type { ArchivePlan, RunIdentity, TransferStatistics } from '../../activities/contract.js';
import type { Approval } from '../../core/guard/approval.js';
import type { Failure, FailurePlace } from '../../core/failures.js';
import type { Doubt } from '../../core/guard/guard.js';
import type { FlawedEntry } from '../../core/archive/manifest.js';
import type { ErrorCounts } from '../../core/errors/error-types.js';
import type { FailureEvidence } from '../../core/errors/evidence.js';
import type { BackupOptions, HostPlan, RunLimit, SourcePlan } from '../../core/plan.js';
import type { Status } from '../../core/statuses.js';
import type { Hooks } from '../hooks/hooks.js';
import type { ScriptOutcome, SourceFigures, SourceProgress, SourceStep } from '../messages.js';

/** One source's part in a run: what its steps need, and where they say how far they are. */
export interface SourceRun {
  /** Without its sources: each payload carries only the one it is about. */
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly options: BackupOptions;
  /** It was held, and a person approved what was seen then. */
  readonly approval?: Approval;
  readonly run: RunIdentity;
  readonly startedAtMs: number;
  /** What a person has said meanwhile; undefined: nothing. */
  readonly runLimit: () => RunLimit | undefined;
  /** Say how far it is; the query `progress` answers with the latest. */
  readonly tell: (news: Partial<Omit<SourceProgress, 'source' | 'engine'>> & { readonly step?: SourceStep }) => void;
  /** Remarks for people, in the result. */
  readonly notes: string[];
  readonly scripts: ScriptOutcome[];
  /** Failures that decided nothing, beside those of scripts and hooks; they are counted all the same. */
  readonly besides: Failure[];
  /** Set by `backUpSource`; the plans of `host` and `source` go without theirs, which no other step needs. */
  readonly hooks?: Hooks;
}

/** How the engine's part of a source ended. */
export interface Ending {
  readonly status: Status;
  readonly failure?: Failure;
  /** Why it is held. */
  readonly doubt?: Doubt;
  readonly backup?: { readonly id: string; readonly level: number; readonly parent: string | null };
  readonly figures?: SourceFigures;
  readonly transfer?: TransferStatistics;
  /** What the programs said of `failure`. */
  readonly said?: FailureEvidence;
  /** Without that of `failure`; absent: as `flaws` say. */
  readonly errorCounts?: ErrorCounts;
  readonly flaws?: { readonly count: number; readonly first: readonly FlawedEntry[] };
  /** What makes it a warning and is neither failure nor flaw. */
  readonly remarks?: readonly string[];
  readonly rsyncExitCode?: number;
}

export const placeOf = ({ host, source }: Pick<SourceRun, 'host' | 'source'>): Required<FailurePlace> => ({
  host: host.name,
  source: source.name,
});

/** What the Activities of one source have in common. */
export const subjectOf = ({ host, source, run, runLimit }: SourceRun): Pick<SourceRun, 'host' | 'source' | 'run'> => ({
  host: limited(host, runLimit()),
  source,
  run,
});

/** The host with the limit in force at the moment. */
export const limited = (host: HostPlan, runLimit: RunLimit | undefined): HostPlan =>
  runLimit === undefined ? host : { ...host, runLimit };

/** The plan without its lists for people: hundreds of shards would each carry them. */
export const leanPlan = (plan: ArchivePlan): ArchivePlan => ({ ...plan, firstDeleted: [], notes: [] });
