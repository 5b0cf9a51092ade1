import { MANUAL_KIND, type KnownSnapshot, type SnapshotRule } from './snapshots.js';

export interface SnapshotVerdict {
  readonly name: string;
  /** What holds it whatever anybody asks: `pinned`, `a restore reads it`, `newest good one`. */
  readonly shieldedBy: readonly string[];
  /** The rules that keep it. */
  readonly keptBy: readonly string[];
  /** No rule keeps it, nothing shields it: a prune removes it. */
  readonly goes: boolean;
}

/**
 * What rotation makes of a mirror's snapshots, newest first: each rule keeps the `count` newest of its kind. It counts them twice, the good ones alone and all that
 * are usable, so that snapshots of flawed backups never push out good ones. Time alone removes nothing: a host that is away keeps what it has.
 *
 * Damaged snapshots, and those whose time lies ahead of the mirror's last backup (the clock was wrong), are not counted and stay.
 *
 * @param rules undefined: the configuration asks for no snapshots of this mirror, and all of them stay
 * @param lastBackupMs time of the mirror's last backup; undefined: there is none that counts
 */
export function decideSnapshots(
  snapshots: readonly KnownSnapshot[],
  rules: readonly SnapshotRule[] | undefined,
  lastBackupMs?: number,
): readonly SnapshotVerdict[] {
  const newestFirst = [...snapshots].sort(newerFirst);
  const isAhead = ({ timeMs }: KnownSnapshot): boolean => lastBackupMs !== undefined && timeMs > lastBackupMs;
  const usable = newestFirst.filter((one) => one.state !== 'damaged' && !isAhead(one));
  const good = usable.filter(({ state }) => state === 'good');
  // Of one time there may be several kinds: none of them is newer than the others, and one of them is enough.
  const newest = new Map([
    [usable[0]?.name, 'newest one'],
    [good[0]?.name, 'newest good one'],
  ]);
  const kept = keptByRules(rules ?? [], [good, usable]);
  return newestFirst.map((one) => {
    const latest = newest.get(one.name);
    const shieldedBy = [
      ...(one.state === 'damaged' ? ['damaged, not touched'] : []),
      ...(one.pinned ? ['pinned'] : []),
      ...(one.inUse ? ['a restore reads it'] : []),
      ...(isAhead(one) ? ['its time lies ahead of the last backup'] : []),
      ...(latest === undefined ? [] : [latest]),
    ];
    const keptBy = [
      ...(one.kind === MANUAL_KIND ? ['made by hand'] : []),
      ...(rules === undefined ? ['no rules'] : []),
      ...(kept.get(one.name) ?? []),
    ];
    return { name: one.name, shieldedBy, keptBy, goes: shieldedBy.length === 0 && keptBy.length === 0 };
  });
}

/** The rules that keep a snapshot, by its name. */
function keptByRules(
  rules: readonly SnapshotRule[],
  lists: readonly (readonly KnownSnapshot[])[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const kept = new Map<string, Set<string>>();
  for (const { kind, count } of rules)
    for (const list of lists)
      for (const { name } of list.filter((one) => one.kind === kind).slice(0, count))
        kept.set(name, (kept.get(name) ?? new Set()).add(`${kind} ${count}`));
  return kept;
}

/** Why a snapshot goes, for people. */
export const whyItGoes = (kind: string, rules: readonly SnapshotRule[]): string => {
  const rule = rules.find((one) => one.kind === kind);
  return rule === undefined ? `no rule for ${kind}` : `${rule.count} newer ${kind} ones are kept`;
};

const newerFirst = (a: KnownSnapshot, b: KnownSnapshot): number =>
  b.timeMs - a.timeMs || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
