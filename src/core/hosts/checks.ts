import { FAILURES, type FailureType } from '../failures.js';

/** What `holdfast hosts verify` looks at, in this order; each needs those before it, but for the scripts and the destinations. */
export type CheckName =
  | 'configuration'
  | 'name'
  | 'ping'
  | 'port'
  | 'SSH'
  | 'host key'
  | 'login'
  | 'shell'
  | 'clock'
  | 'sudo'
  | 'tools'
  | 'temporary space'
  | 'path'
  | 'script'
  | 'destination';

/** `not checked`: nothing is known, and nothing is claimed. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'not checked';

export interface HostCheck {
  readonly check: CheckName;
  /** Which path, script or destination. */
  readonly subject?: string;
  readonly state: CheckState;
  /** What was seen, or why nothing was: one line, safe for a terminal. */
  readonly seen: string;
  /** What to do; where there is something to do. */
  readonly action?: string;
  /** The failure that a backup would end with. */
  readonly type?: FailureType;
}

/** What a host says may be long. */
const MAX_SEEN = 300;

/** One line for a terminal of text that a host or a program has said. */
export function sayable(text: string): string {
  const escaped = [...text.trim()].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (!UNSAFE.test(character)) return character;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return escaped.length <= MAX_SEEN ? escaped.join('') : `${escaped.slice(0, MAX_SEEN).join('')}…`;
}

/** Control characters, and those that make a terminal show another text than there is. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

export const passed = (check: CheckName, seen: string, subject?: string): HostCheck =>
  withSubject({ check, state: 'ok', seen: sayable(seen) }, subject);

export const warned = (check: CheckName, seen: string, action: string, subject?: string): HostCheck =>
  withSubject({ check, state: 'warning', seen: sayable(seen), action }, subject);

/** @param action undefined: what the catalogue says */
export const failed = (
  check: CheckName,
  type: FailureType,
  seen: string,
  action: string = FAILURES[type].action,
  subject?: string,
): HostCheck => withSubject({ check, state: 'failed', seen: sayable(seen), action, type }, subject);

export const notChecked = (check: CheckName, why: string, subject?: string): HostCheck =>
  withSubject({ check, state: 'not checked', seen: sayable(why) }, subject);

const withSubject = (check: HostCheck, subject: string | undefined): HostCheck =>
  subject === undefined ? check : { ...check, subject: sayable(subject) };

export type VerifiedStatus = 'ok' | 'warning' | 'failed';

export function statusOfChecks(checks: readonly Pick<HostCheck, 'state'>[]): VerifiedStatus {
  if (checks.some(({ state }) => state === 'failed')) return 'failed';
  return checks.some(({ state }) => state === 'warning') ? 'warning' : 'ok';
}

/** Every check that a failed one leaves undone. */
export const notReached = (checks: readonly CheckName[], why: string): HostCheck[] =>
  checks.map((check) => notChecked(check, why));
