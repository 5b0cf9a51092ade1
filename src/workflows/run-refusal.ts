import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../core/failures.js';
import type { Ordered } from './messages.js';

/** What an Update is refused with. */
export const refusal = (type: FailureType, message: string): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable: true });

const WHO_CHARACTERS = 200;
const REASON_CHARACTERS = 1000;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Who and why are shown in terminals and pages: one line each, of a length that people read. */
export function requireName(type: FailureType, { by, reason = '' }: Ordered): void {
  if (typeof by !== 'string' || by === '' || by.length > WHO_CHARACTERS || CONTROL.test(by))
    throw refusal(type, `Say who you are in one line of at most ${WHO_CHARACTERS} characters.`);
  if (typeof reason !== 'string' || reason.length > REASON_CHARACTERS || CONTROL.test(reason))
    throw refusal(type, `Give the reason in one line of at most ${REASON_CHARACTERS} characters.`);
}
