import type { HostCheck } from '../../core/hosts/checks.js';
import { bytesOf } from '../payload-budget.js';

const BUDGET_BYTES = 12 * 1024;

/** As many of a host's checks as one answer has room for, in their order; those with trouble before those without. */
export function fittedChecks(checks: readonly HostCheck[]): {
  readonly checks: readonly HostCheck[];
  /** How many more there are. */
  readonly left: number;
} {
  let leftBytes = BUDGET_BYTES;
  const fits = (check: HostCheck): boolean => (leftBytes -= bytesOf(check) + 1) >= 0;
  const troubles = new Set(checks.filter(isTrouble).filter(fits));
  const others = new Set(checks.filter((check) => !isTrouble(check)).filter(fits));
  const fitting = checks.filter((check) => troubles.has(check) || others.has(check));
  return { checks: fitting, left: checks.length - fitting.length };
}

const isTrouble = ({ state }: HostCheck): boolean => state === 'failed' || state === 'warning';
