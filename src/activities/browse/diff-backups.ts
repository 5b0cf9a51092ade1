import { comparePaths, type Entry } from '../../core/entries/entry.js';
import { differencesOf } from '../../core/entries/differences.js';
import { joinByPath } from '../../core/restore/join.js';
import { ResultPage } from '../../core/browse/result-page.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { DiffBackupsInput, DiffBackupsResult, DifferingFile, DiffTotals } from '../contract.js';
import { browsedSource } from './browsed-source.js';
import { withPoint, type BrowsedPoint } from './browsed-point.js';
import { attributesOf } from './list-files.js';

/** A page of what differs between two points of one source, by their indexes, of a mirror by looking at both trees. The first page carries the totals. */
export async function diffBackups(
  providers: Providers,
  control: ActivityControl,
  input: DiffBackupsInput,
): Promise<DiffBackupsResult> {
  const { host, source } = await browsedSource(providers, control, input);
  return withPoint(providers, control, { host, source, point: input.before, access: input }, (before) =>
    withPoint(providers, control, { host, source, point: input.now, access: input }, async (now) => ({
      source: source.name,
      before: before.label,
      now: now.label,
      notes: [...new Set([...before.notes, ...now.notes, ...(bothKeepChangeTimes(before, now) ? [] : [BLIND])])],
      ...(await compare(before, now, input.after)),
    })),
  );
}

/** A copy has times of its own; without them some changes leave no trace. */
const BLIND = 'Changes of contents or attributes alone, under the same size and time, are not seen between these two.';

const bothKeepChangeTimes = (before: BrowsedPoint, now: BrowsedPoint): boolean =>
  before.keepsChangeTimes && now.keepsChangeTimes;

async function compare(
  before: BrowsedPoint,
  now: BrowsedPoint,
  after: string | undefined,
): Promise<Pick<DiffBackupsResult, 'files' | 'totals' | 'next'>> {
  const page = new ResultPage<DifferingFile>();
  const tally = new DiffTally(bothKeepChangeTimes(before, now));
  let more = false;
  await joinByPath(
    { batches: before.entries(), pathOf: ({ entry }) => entry.path },
    { batches: now.entries(), pathOf: ({ entry }) => entry.path },
    (path, old, present) => {
      const differing = tally.see(path, old?.entry, present?.entry);
      if (differing === undefined || (after !== undefined && comparePaths(path, after) <= 0)) return;
      if (page.full) more = true;
      else page.add(differing);
    },
  );
  const last = page.items.at(-1)?.path;
  return {
    files: page.items,
    ...(after === undefined ? { totals: tally.totals } : {}),
    ...(more && last !== undefined ? { next: last } : {}),
  };
}

type Counts = { -readonly [Key in keyof DiffTotals]: DiffTotals[Key] };

class DiffTally {
  constructor(private readonly withChangeTimes: boolean) {}

  readonly totals: Counts = { added: 0, removed: 0, changed: 0, unchanged: 0, bytesBefore: 0, bytesNow: 0 };

  /** What is to be told of one name that either point has. */
  see(path: string, before: Entry | undefined, now: Entry | undefined): DifferingFile | undefined {
    const { totals } = this;
    if (before?.type === 'f') totals.bytesBefore += before.sizeBytes;
    if (now?.type === 'f') totals.bytesNow += now.sizeBytes;
    if (before === undefined && now !== undefined) {
      totals.added += 1;
      return { path, change: 'added', differences: [], now: attributesOf(now) };
    }
    if (before !== undefined && now === undefined) {
      totals.removed += 1;
      return { path, change: 'removed', differences: [], before: attributesOf(before) };
    }
    if (before === undefined || now === undefined) return undefined;
    const differences = differencesOf(before, now).filter((what) => what !== 'ctime' || this.withChangeTimes);
    if (differences.length === 0) {
      totals.unchanged += 1;
      return undefined;
    }
    totals.changed += 1;
    return { path, change: 'changed', differences, before: attributesOf(before), now: attributesOf(now) };
  }
}
