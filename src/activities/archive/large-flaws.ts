import type { TarVerdict } from '../../core/archive/tar-complaints.js';
import type { ShardFlaw } from './shard-record.js';

const GRAVITY: readonly TarVerdict[] = ['changed', 'unsupported', 'unreadable', 'vanished'];

/** The graver of two flaws of one file; the first of equal ones. */
export function graver(one: ShardFlaw | undefined, other: ShardFlaw | undefined): ShardFlaw | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return GRAVITY.indexOf(other.verdict) > GRAVITY.indexOf(one.verdict) ? other : one;
}
