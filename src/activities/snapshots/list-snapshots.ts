import { loadCachedConfig } from '../../config/cache.js';
import { selectHosts } from '../../config/selection.js';
import { failureOf } from '../../core/failures.js';
import { parseBackupId } from '../../core/ids.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { dueKinds } from '../../core/snapshots/due.js';
import { decideSnapshots, whyItGoes } from '../../core/snapshots/retention.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { ListedSnapshot, ListedSnapshots, ListSnapshotsInput, ListSnapshotsResult } from '../contract.js';
import { mirrorPathsOf } from '../mirror/mirror-paths.js';
import { readMirrorState } from '../mirror/mirror-state.js';
import { knownOf, readSnapshots, summaryOf, type FoundSnapshot } from './read-snapshots.js';
import { snapshotUse } from './snapshot-use.js';

/** A page's worth: at some 500 bytes for each snapshot it stays far below what a payload may have. */
const SNAPSHOTS_IN_PAGE = 200;
const PROBLEMS_TOLD = 20;

/** The snapshots of the selected mirrors, a page at a time, with what a prune would do. Changes nothing. */
export async function listSnapshots(
  providers: Providers,
  control: ActivityControl,
  input: ListSnapshotsInput,
): Promise<ListSnapshotsResult> {
  const { hosts } = await loadCachedConfig(input.configPath);
  const mirrors = selectHosts(hosts, input.selection).flatMap((host) =>
    host.sources.filter(({ engine }) => engine === 'mirror').map((source) => ({ host, source })),
  );
  const sources: ListedSnapshots[] = [];
  let room = SNAPSHOTS_IN_PAGE;
  let { offset, shown } = input;
  for (; offset < mirrors.length && room > 0; offset += 1) {
    control.signal.throwIfAborted();
    const { host, source } = mirrors[offset] as { host: HostPlan; source: SourcePlan };
    control.progress({ host: host.name, source: source.name });
    const listed = await listSource(providers, control, host, source);
    // A mirror without snapshots takes room too: there may be thousands of them.
    room -= 1;
    if (listed === undefined) continue;
    const page = listed.snapshots.slice(shown, shown + Math.max(1, room));
    sources.push({ ...listed, snapshots: page, ...(shown === 0 ? {} : { problems: [] }) });
    room -= page.length;
    if (shown + page.length < listed.snapshots.length) return { sources, next: { offset, shown: shown + page.length } };
    shown = 0;
  }
  return { sources, ...(offset < mirrors.length ? { next: { offset, shown: 0 } } : {}) };
}

/** Undefined: it has no snapshots, and is to have none. */
async function listSource(
  providers: Providers,
  control: ActivityControl,
  host: HostPlan,
  source: SourcePlan,
): Promise<ListedSnapshots | undefined> {
  const place = { host: host.name, source: source.name };
  const plan = source.snapshots;
  const volume = plan === undefined ? {} : { volume: plan.volume };
  try {
    const paths = mirrorPathsOf(host, source);
    const owner = { ...place, paths };
    const deep = { copies: providers.snapshots, signal: control.signal };
    const { snapshots, problems } = await readSnapshots(owner, deep);
    if (plan === undefined && snapshots.length === 0 && problems.length === 0) return undefined;
    const state = await readMirrorState(paths);
    const last = state.kind === 'known' ? state.state.last : undefined;
    const isCommitted = state.kind === 'known' && state.state.state === 'committed';
    const timeMs = last === undefined ? undefined : parseBackupId(last.backupId)?.timeMs;
    const use = await snapshotUse(providers.runs, { ...place, folder: paths.snapshotFolder }, snapshots);
    const known = snapshots.map((one) => knownOf(one, use.has(one)));
    const isDue = plan !== undefined && isCommitted && timeMs !== undefined;
    const verdicts = new Map(decideSnapshots(known, plan?.rules, timeMs).map((verdict) => [verdict.name, verdict]));
    return {
      ...place,
      ...volume,
      ...(isCommitted && last !== undefined ? { backupId: last.backupId } : {}),
      due: isDue ? dueKinds(plan.rules, known, timeMs) : [],
      snapshots: snapshots.flatMap((one) => listedOf(one, use.has(one), source, verdicts) ?? []),
      problems: problems.slice(0, PROBLEMS_TOLD),
    };
  } catch (error) {
    if (control.signal.aborted) throw error;
    return { ...place, ...volume, due: [], snapshots: [], problems: [], failure: failureOf(error, place) };
  }
}

function listedOf(
  one: FoundSnapshot,
  inUse: boolean,
  { snapshots: plan }: SourcePlan,
  verdicts: ReadonlyMap<string, ReturnType<typeof decideSnapshots>[number]>,
): ListedSnapshot | undefined {
  const summary = summaryOf(one, inUse);
  const verdict = verdicts.get(one.name);
  if (summary === undefined || verdict === undefined) return undefined;
  const { shieldedBy, keptBy, goes } = verdict;
  const why = goes ? whyItGoes(one.kind, plan?.rules ?? []) : [...shieldedBy, ...keptBy].join(', ');
  return { ...summary, fate: goes ? 'goes' : 'stays', why, shieldedBy };
}
