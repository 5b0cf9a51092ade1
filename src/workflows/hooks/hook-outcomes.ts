import type { HookOutcome } from '../messages/hooks.js';
import { bytesOf, firstThatFit } from '../payload-budget.js';

/** A result holds so much of its hooks; the failures that counted stand in it besides. */
const OUTCOMES_BYTES = 6 * 1024;
const OUTPUT_CHARACTERS = 512;
const MESSAGE_CHARACTERS = 500;

/** Outcomes as a result may hold them: with the end of each output; else without outputs; else the first ones. */
export function fittedOutcomes(outcomes: readonly HookOutcome[]): readonly HookOutcome[] {
  const short = outcomes.map((outcome) => shortened(outcome, OUTPUT_CHARACTERS));
  return bytesOf(short) <= OUTCOMES_BYTES ? short : withoutOutputs(short);
}

export const withoutOutputs = (outcomes: readonly HookOutcome[]): readonly HookOutcome[] =>
  firstThatFit(
    outcomes.map((outcome) => shortened(outcome, 0)),
    OUTCOMES_BYTES,
  );

function shortened({ result, failure, ...outcome }: HookOutcome, outputCharacters: number): HookOutcome {
  return {
    ...outcome,
    ...(result === undefined ? {} : { result: { ...result, output: lastOf(result.output, outputCharacters) } }),
    ...(failure === undefined
      ? {}
      : { failure: { ...failure, message: failure.message.slice(0, MESSAGE_CHARACTERS) } }),
  };
}

const lastOf = (text: string, characters: number): string => (characters === 0 ? '' : text.slice(-characters));
