import { addedErrors, type ErrorCounts, errorCountsOf, withError } from '../../core/errors/error-types.js';
import { evidenceLines, lineOfFlaw } from '../../core/errors/evidence.js';
import { errorTypeOfFailure, isError } from '../../core/errors/failure-errors.js';
import { errorCountsOfFlaws } from '../../core/errors/flaw-errors.js';
import { failure, type Failure } from '../../core/failures.js';
import type { HookOutcome, ScriptOutcome, SourceResult } from '../messages.js';
import type { Ending } from './source-run.js';

/** All that may have gone wrong with a source, before results are shortened. */
export interface SourceTroubles {
  readonly ending: Partial<Ending>;
  readonly scripts?: readonly ScriptOutcome[];
  readonly hooks?: readonly HookOutcome[];
  /** Failures that decided nothing. */
  readonly besides?: readonly Failure[];
}

/** A source's result with what went wrong: counted by type, and in the programs' own words. */
export function withErrors(result: SourceResult, troubles: SourceTroubles): SourceResult {
  const { ending, besides = [] } = troubles;
  const scripts = failuresOf(troubles);
  const failures = distinct([...(ending.failure === undefined ? [] : [ending.failure]), ...scripts, ...besides]);
  const evidence = evidenceOf(ending, failures);
  const rsyncExitCode = ending.rsyncExitCode ?? ending.said?.rsyncExitCode;
  return {
    ...result,
    errorCounts: failures
      // A host that is away is nobody's failure.
      .filter(({ type }) => isError(type) && result.status !== 'skipped')
      .reduce((counts, { type }) => withError(counts, errorTypeOfFailure(type)), flawsCounted(ending)),
    warnings:
      warningsOf(ending) + (result.status === 'failed' ? 0 : scripts.filter(({ type }) => isError(type)).length),
    ...(evidence.length === 0 ? {} : { evidence }),
    ...(rsyncExitCode === undefined ? {} : { rsyncExitCode }),
  };
}

/** Of scripts and hooks. What a person wants ignored is. */
function failuresOf({ scripts = [], hooks = [] }: SourceTroubles): Failure[] {
  return [
    ...scripts.flatMap((outcome) => failureOfScript(outcome) ?? []),
    ...hooks.flatMap((hook) => (hook.failure === undefined || hook.onFailure === 'ignore' ? [] : [hook.failure])),
  ];
}

/** Workers of older versions gave a failed script's status as a result. */
function failureOfScript({ phase, name, result, failure: known }: ScriptOutcome): Failure | undefined {
  if (known !== undefined || result === undefined || result.exitCode === 0) return known;
  return failure('HookFailed', scriptFailedMessage(phase, name, result));
}

export const scriptFailedMessage = (
  phase: ScriptOutcome['phase'],
  name: string,
  { exitCode, output }: Pick<NonNullable<ScriptOutcome['result']>, 'exitCode' | 'output'>,
): string =>
  `The ${phase} script ${name} ended with exit code ${exitCode}: ${output.trim().slice(-500) || 'it printed nothing'}`;

/** The same failure may have ended the source and stand with the script that it is of. */
const distinct = (failures: readonly Failure[]): Failure[] => [
  ...new Map(failures.map((one) => [`${one.type} ${one.message}`, one])).values(),
];

function flawsCounted({ errorCounts, flaws, said }: Partial<Ending>): ErrorCounts {
  const counts = errorCounts ?? errorCountsOfFlaws(flaws ?? { count: 0, first: [] });
  return addedErrors(errorCountsOf(counts), errorCountsOf(said?.errorCounts));
}

const warningsOf = ({ flaws, remarks = [], failure: decided }: Partial<Ending>): number =>
  (flaws?.count ?? 0) + remarks.length + (decided?.type === 'TransferSlow' ? 1 : 0);

/** What decided comes first: in the programs' words, or where nothing is kept of them in the failure's, which quotes them. */
function evidenceOf(
  { failure: decided, said, flaws, remarks = [] }: Partial<Ending>,
  failures: readonly Failure[],
): string[] {
  const others = failures.filter(({ message }) => message !== decided?.message).map(({ message }) => message);
  const words = said?.lines ?? [];
  const deciding = words.length > 0 || decided === undefined ? words : [decided.message];
  return evidenceLines([...deciding, ...(flaws?.first ?? []).map(lineOfFlaw), ...others, ...remarks]);
}
