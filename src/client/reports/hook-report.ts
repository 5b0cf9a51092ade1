import type { HookOutcome } from '../../workflows/messages.js';
import { durationText } from '../output.js';

/** A line for each hook that ran: what it was, and how it ended. */
export const hookLines = (hooks: readonly HookOutcome[] | undefined): string[] =>
  (hooks ?? []).map(({ on, name, where, result, failure }) => {
    const outcome = failure === undefined ? `ended well in ${durationText(result?.durationMs ?? 0)}` : failure.message;
    return `${on} hook ${name} on the ${where}: ${outcome}`;
  });
