import { presentErrors } from '../../core/errors/error-types.js';
import type { Failure } from '../../core/failures.js';
import type { BackupOptions, SourcePlan } from '../../core/plan.js';
import type { Status } from '../../core/statuses.js';
import { withoutOutputs } from '../hooks/hook-outcomes.js';
import type { ScriptOutcome, SourceFigures, SourceResult } from '../messages.js';
import { bytesOf, firstThatFit } from '../payload-budget.js';
import type { Ending, SourceRun } from './source-run.js';

/** A result lists this many bytes of flawed entries, and this much of each script's output; the backup itself records all. */
const FLAWS_BYTES = 8 * 1024;
const OUTPUT_CHARACTERS = 1024;

/** Names of what would be deleted from a held source: as long as all sources together are short, and otherwise. */
const NAMES_BYTES = 16 * 1024;
const FEW_NAMES = 10;

/** All sources of a host together. */
const HOST_BYTES = 48 * 1024;

const NOTHING: SourceFigures = { entries: 0, changed: 0, deleted: 0, sourceBytes: 0, storedBytes: 0, shards: 0 };

export function sourceResult(run: SourceRun, ending: Ending): SourceResult {
  const flaws = ending.flaws ?? { count: 0, first: [] };
  return {
    ...identityOf(run.source),
    status: ending.status,
    ...(ending.failure === undefined ? {} : { failure: ending.failure }),
    ...heldOf(run, ending),
    ...(ending.backup === undefined
      ? {}
      : { backupId: ending.backup.id, level: ending.backup.level, parent: ending.backup.parent }),
    dryRun: run.options.dryRun,
    figures: ending.figures ?? NOTHING,
    ...(ending.transfer === undefined ? {} : { transfer: ending.transfer }),
    flaws: { count: flaws.count, first: firstThatFit(flaws.first, FLAWS_BYTES) },
    scripts: run.scripts.map(withShortOutput),
    notes: run.notes,
    startedAtMs: run.startedAtMs,
    durationMs: Date.now() - run.startedAtMs,
  };
}

function heldOf(
  { source, options }: SourceRun,
  { status, doubt }: Ending,
): Pick<SourceResult, 'doubt' | 'heldUntilMs'> {
  if (status !== 'held') return {};
  const { holdForMs = 0 } = source;
  return {
    ...(doubt === undefined ? {} : { doubt: { ...doubt, firstNames: firstThatFit(doubt.firstNames, NAMES_BYTES) } }),
    ...(holdForMs === 0 || options.dryRun ? {} : { heldUntilMs: Date.now() + holdForMs }),
  };
}

/** A source whose backup was not even begun. */
export function notBegun(
  source: SourcePlan,
  status: Status,
  failure: Failure | undefined,
  { dryRun }: Pick<BackupOptions, 'dryRun'>,
): SourceResult {
  return {
    ...identityOf(source),
    status,
    ...(failure === undefined ? {} : { failure }),
    dryRun,
    figures: NOTHING,
    flaws: { count: 0, first: [] },
    scripts: [],
    notes: [],
    startedAtMs: Date.now(),
    durationMs: 0,
  };
}

/** Results as a host's payload may hold them: of a host with many flawed sources, without the lists of what was flawed. */
export function fitted(results: readonly SourceResult[]): readonly SourceResult[] {
  if (bytesOf(results) <= HOST_BYTES) return results;
  return results.map(({ evidence, ...result }) => ({
    ...result,
    // A failure's message quotes the same words.
    ...(evidence === undefined || result.failure !== undefined ? {} : { evidence: evidence.slice(0, 1) }),
    flaws: { ...result.flaws, first: [] },
    ...(result.errorCounts === undefined ? {} : { errorCounts: presentErrors(result.errorCounts) }),
    scripts: result.scripts.map(withoutOutput),
    ...(result.doubt === undefined
      ? {}
      : { doubt: { ...result.doubt, firstNames: firstThatFit(result.doubt.firstNames.slice(0, FEW_NAMES), 1024) } }),
    ...(result.hooks === undefined ? {} : { hooks: withoutOutputs(result.hooks) }),
  }));
}

const identityOf = ({ name, engine, destination }: SourcePlan) => ({
  source: name,
  engine,
  destination: destination.name,
});

const withOutput = ({ result, ...outcome }: ScriptOutcome, change: (output: string) => string): ScriptOutcome =>
  result === undefined ? outcome : { ...outcome, result: { ...result, output: change(result.output) } };

const withShortOutput = (outcome: ScriptOutcome): ScriptOutcome =>
  withOutput(outcome, (output) => output.slice(-OUTPUT_CHARACTERS));

const withoutOutput = (outcome: ScriptOutcome): ScriptOutcome => withOutput(outcome, () => '');
