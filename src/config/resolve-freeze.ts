import type { FreezePlan } from '../core/plan.js';
import type { FreezeEntry } from './schema/freeze.js';
import { durationMs, sizeBytes } from './units.js';

const FSFREEZE_AT_MOST = '5m';

/** Undefined: the source is read as it is. */
export function freezePlan(entry: FreezeEntry): FreezePlan | undefined {
  if (entry === 'none') return undefined;
  if (entry === 'fsfreeze') return { kind: 'fsfreeze', maxMs: durationMs(FSFREEZE_AT_MOST) ?? 0 };
  if (typeof entry === 'string') return { kind: entry };
  if ('lvm' in entry) return { kind: 'lvm', sizeBytes: sizeBytes(entry.lvm.size) ?? 0 };
  return { kind: 'fsfreeze', maxMs: durationMs(entry.fsfreeze.max) ?? 0 };
}
