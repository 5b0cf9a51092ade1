import type { LevelPolicy } from '../plan.js';

/** The newest backup of a source, as far as the next level depends on it. */
export interface NewestBackup {
  readonly level: number;
  /** Start of its chain's level 0. */
  readonly chainStartedAtMs: number;
}

export interface LevelChoice {
  readonly level: number;
  /** Why a new chain starts; undefined for a level above 0. */
  readonly reason?: string;
}

const DAY_MS = 86_400_000;

const newChain = (reason: string): LevelChoice => ({ level: 0, reason });

/**
 * The next level, by Freezer's rules: `noIncremental` comes first; with `alwaysLevel` levels rise to it and stay, until
 * `restartAlwaysLevelDays` after their level 0; without, they rise to `maxLevel` and start anew.
 */
export function nextLevel(
  policy: LevelPolicy,
  newest: NewestBackup | undefined,
  nowMs: number,
  full: boolean,
): LevelChoice {
  if (full) return newChain('a full backup was asked for');
  if (policy.noIncremental) return newChain('no_incremental is set');
  if (newest === undefined) return newChain('there is no earlier backup');
  if (policy.alwaysLevel !== undefined) return alwaysLevel(policy, policy.alwaysLevel, newest, nowMs);
  if (newest.level >= policy.maxLevel) return newChain(`max_level ${policy.maxLevel} is reached`);
  return { level: newest.level + 1 };
}

function alwaysLevel(policy: LevelPolicy, always: number, newest: NewestBackup, nowMs: number): LevelChoice {
  const days = policy.restartAlwaysLevelDays;
  if (days !== undefined && nowMs - newest.chainStartedAtMs >= days * DAY_MS) {
    return newChain(`restart_always_level: the chain is ${days} days old`);
  }
  if (always === 0) return newChain('always_level is 0');
  return { level: Math.min(newest.level + 1, always) };
}
