import { parseBackupId } from '../ids.js';

/** How many of each period's newest backups stay; what is absent keeps none. Periods are those of UTC; weeks are ISO weeks. */
export interface KeepRules {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** Everything not older than this, counted back from the newest backup. */
  readonly withinMs?: number;
}

/** A source without one never loses a backup. */
export interface RetentionPolicy {
  readonly keep: KeepRules;
  /** So many of the newest backups stay whatever the rules say; at least 1. */
  readonly minimum: number;
  /** Between the decision that a backup goes and its deletion. */
  readonly graceMs: number;
}

/** A committed backup, as far as retention depends on it. */
export interface KeptOrNot {
  readonly id: string;
  /** Ids from level 0 to itself; empty when its manifest cannot be read. */
  readonly chain: readonly string[];
  /** `flawed`: usable, with flaws or known damage. `unreadable`: nobody can say what it holds. */
  readonly state: 'good' | 'flawed' | 'unreadable';
  readonly pinned: boolean;
}

export interface Verdict {
  readonly id: string;
  /** The rules that keep it, for people: `daily`, `pinned`. Empty when none does. */
  readonly keptBy: readonly string[];
  /** The newest kept backup whose chain it is in, when it is not that one itself. */
  readonly neededBy?: string;
  readonly goes: boolean;
}

/**
 * What retention makes of a source's backups, newest first.
 *
 * The rules have the meaning that restic gives them: going from the newest to the oldest, each rule keeps the first backup of each of its
 * periods that has one, until it has kept as many as it says. They are applied twice: to the good backups alone and to all that are usable,
 * so that flawed ones never push out good ones. What a kept backup's chain needs stays.
 */
export function decideRetention(
  backups: readonly KeptOrNot[],
  policy: RetentionPolicy | undefined,
): readonly Verdict[] {
  const newestFirst = [...backups].sort((a, b) => compare(b.id, a.id));
  const keptBy = new Map<string, Set<string>>(newestFirst.map(({ id }) => [id, new Set()]));
  const keep = (id: string, why: string): void => void keptBy.get(id)?.add(why);
  for (const { id, pinned, state } of newestFirst) {
    if (pinned) keep(id, 'pinned');
    if (policy === undefined) keep(id, 'no keep rules');
    if (state === 'unreadable') keep(id, 'unreadable');
  }
  if (policy !== undefined) {
    applyRules(
      newestFirst.filter(({ state }) => state === 'good').map(({ id }) => id),
      policy,
      keep,
    );
    applyRules(
      newestFirst.filter(({ state }) => state !== 'unreadable').map(({ id }) => id),
      policy,
      keep,
    );
  }
  const needed = neededOf(newestFirst, (id) => (keptBy.get(id)?.size ?? 0) > 0);
  return newestFirst.map(({ id }) => {
    const reasons = [...(keptBy.get(id) ?? [])];
    const neededBy = needed.get(id);
    return {
      id,
      keptBy: reasons,
      ...(neededBy === undefined ? {} : { neededBy }),
      goes: reasons.length === 0 && neededBy === undefined,
    };
  });
}

/** The periods of UTC that a time lies in, as numbers that rise with it. */
const PERIOD_OF = {
  hourly: (time: Date) => Math.floor(time.getTime() / HOUR_MS),
  daily: (time: Date) => Math.floor(time.getTime() / DAY_MS),
  // 1970-01-01 was a Thursday: ISO weeks begin three days before it.
  weekly: (time: Date) => Math.floor((time.getTime() / DAY_MS + 3) / 7),
  monthly: (time: Date) => time.getUTCFullYear() * 12 + time.getUTCMonth(),
  yearly: (time: Date) => time.getUTCFullYear(),
} as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

function applyRules(
  newestFirst: readonly string[],
  { keep, minimum }: RetentionPolicy,
  tell: (id: string, why: string) => void,
): void {
  const [newest] = newestFirst;
  if (newest === undefined) return;
  newestFirst.slice(0, Math.max(1, minimum)).forEach((id) => tell(id, 'minimum'));
  newestFirst.slice(0, keep.last ?? 0).forEach((id) => tell(id, 'last'));
  const sinceMs = timeOf(newest) - (keep.withinMs ?? 0);
  if (keep.withinMs !== undefined) newestFirst.filter((id) => timeOf(id) > sinceMs).forEach((id) => tell(id, 'within'));
  for (const [rule, periodOf] of Object.entries(PERIOD_OF) as [keyof typeof PERIOD_OF, (time: Date) => number][]) {
    let left = keep[rule] ?? 0;
    let last: number | undefined;
    for (const id of newestFirst) {
      const period = periodOf(new Date(timeOf(id)));
      if (left === 0 || period === last) continue;
      tell(id, rule);
      last = period;
      left -= 1;
    }
  }
}

/** For each backup that a kept one is built on, the newest such one. */
function neededOf(newestFirst: readonly KeptOrNot[], isKept: (id: string) => boolean): Map<string, string> {
  const needed = new Map<string, string>();
  for (const backup of newestFirst) {
    if (!isKept(backup.id)) continue;
    for (const link of linksOf(backup, newestFirst)) if (!needed.has(link)) needed.set(link, backup.id);
  }
  return needed;
}

/** Of a backup whose manifest cannot be read only its level is known: it may be built on anything back to the level 0 before it. */
function linksOf(backup: KeptOrNot, newestFirst: readonly KeptOrNot[]): readonly string[] {
  if (backup.state !== 'unreadable') return backup.chain.filter((id) => id !== backup.id);
  if (levelOf(backup.id) === 0) return [];
  const older = newestFirst.slice(newestFirst.indexOf(backup) + 1).map(({ id }) => id);
  const base = older.findIndex((id) => levelOf(id) === 0);
  return base < 0 ? older : older.slice(0, base + 1);
}

const timeOf = (id: string): number => parseBackupId(id)?.timeMs ?? Number.NaN;
const levelOf = (id: string): number => parseBackupId(id)?.level ?? Number.NaN;
const compare = (a: string, b: string): number => timeOf(a) - timeOf(b) || levelOf(a) - levelOf(b);
