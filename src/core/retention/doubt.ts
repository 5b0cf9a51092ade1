import { parseBackupId } from '../ids.js';

/** What is known when a source is about to be pruned. */
export interface PruneLook {
  readonly nowMs: number;
  /** Ids of all its backups. */
  readonly backups: readonly { readonly id: string; readonly chain: readonly string[] }[];
  /** Of those that are to go and were not known to go before. */
  readonly newlyGoing: readonly string[];
  /** Of the marks that earlier prunes left. */
  readonly markedAtMs: readonly number[];
  /** End of the last prune of this destination. */
  readonly lastPruneMs?: number;
}

/** Clocks of several workers may differ by so much. */
const TOLERANCE_MS = 60_000;
/** Fewer than this are no jump, whatever share of the whole they are. */
const FEW = 3;

/**
 * Why a prune must wait for a person, or undefined to go on: a clock that was set back makes ages wrong, and many backups that go at once
 * are rather a mistake in the configuration than the passing of time. A chain goes as a whole in the normal course of things.
 */
export function findPruneDoubt(look: PruneLook): string | undefined {
  return clockDoubt(look) ?? jumpDoubt(look);
}

function clockDoubt({ nowMs, backups, markedAtMs, lastPruneMs }: PruneLook): string | undefined {
  const says = `the worker’s clock says ${new Date(nowMs).toISOString()}`;
  const limitMs = nowMs + TOLERANCE_MS;
  const ahead = backups.find(({ id }) => (parseBackupId(id)?.timeMs ?? 0) > limitMs);
  if (ahead !== undefined) return `${says}, and there is a backup ${ahead.id}`;
  if (lastPruneMs !== undefined && lastPruneMs > limitMs)
    return `${says}, and the last prune was at ${new Date(lastPruneMs).toISOString()}`;
  const marked = markedAtMs.find((atMs) => atMs > limitMs);
  if (marked !== undefined) return `${says}, and a backup was marked for deletion at ${new Date(marked).toISOString()}`;
  return undefined;
}

function jumpDoubt({ backups, newlyGoing }: PruneLook): string | undefined {
  const longestChain = Math.max(0, ...backups.map(({ chain }) => chain.length));
  const usual = Math.max(FEW, longestChain, Math.floor(backups.length / 2));
  if (newlyGoing.length <= usual) return undefined;
  return `${newlyGoing.length} of ${backups.length} backups would go at once, more than half of them and more than a chain (${longestChain})`;
}
