import { stat } from 'node:fs/promises';
import { textOf } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import { parseItemized } from '../../core/rsync/itemized.js';
import { DRY_RUN_OUTPUT } from '../../core/rsync/options.js';
import { FindingList, NO_FINDINGS } from '../../core/verify/findings.js';
import { differsInContentOnly } from '../../core/verify/itemized.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { CompareWithHostResult, VerifyMirrorInput, VerifyMirrorResult, VerifySourceInput } from '../contract.js';
import { copyFromHost } from '../mirror/copy-from-host.js';
import { openMirrorForRsync } from '../mirror/open-mirror.js';
import { mirrorPathsOf } from '../mirror/mirror-paths.js';
import { readMirrorState } from '../mirror/mirror-state.js';

const TOLD = 50;

/** A mirror is whole when its state says so and it is there; `compare` reads both sides and tells contents that differ under the same size and time. */
export async function verifyMirror(
  providers: Providers,
  control: ActivityControl,
  { host, source, compare }: VerifyMirrorInput,
): Promise<VerifyMirrorResult> {
  const place = { host: host.name, source: source.name };
  const paths = mirrorPathsOf(host, source);
  const reading = await readMirrorState(paths);
  if (reading.kind === 'absent') {
    throw new HoldfastError('BackupNotFound', `${paths.mirror} was never backed up to`, place);
  }
  const problems = new FindingList();
  if (reading.kind === 'unreadable') problems.add(reading.reason);
  else if (reading.state.state === 'syncing')
    problems.add(`a run began to change it at ${reading.state.since} and did not end`);
  const isThere = await stat(paths.mirror)
    .then((found) => found.isDirectory())
    .catch(() => false);
  if (!isThere) problems.add(`${paths.mirror} is missing`);
  const backupId = reading.kind === 'known' ? (reading.state.last?.backupId ?? '') : '';
  const known = { backupId, problems: problems.findings() };
  if (!compare || problems.count > 0) return known;
  return { ...known, comparison: await compareMirror(providers, control, { host, source }, backupId) };
}

async function compareMirror(
  providers: Providers,
  control: ActivityControl,
  { host, source }: VerifySourceInput,
  backupId: string,
): Promise<CompareWithHostResult> {
  const mirror = await openMirrorForRsync({ host, source, run: { workflowId: '', runId: '' } });
  const lists = { created: new FindingList(), changed: new FindingList(), deleted: new FindingList() };
  const differing = new FindingList();
  const onLine = (line: string): void => {
    const change = parseItemized(line);
    if (change === undefined) return;
    const name = textOf(change.path) || '.';
    if (differsInContentOnly(line)) differing.add(name);
    else lists[change.kind].add(name);
    control.progress({ changed: lists.changed.count, differing: differing.count });
  };
  const words = [...DRY_RUN_OUTPUT, '--checksum'];
  const outcome = await copyFromHost(providers, control, mirror, { words, onLine, writes: false });
  if (outcome.kind === 'failed') throw new HoldfastError(outcome.type, outcome.message, mirror.place);
  const { filesTotal, totalSizeBytes } = outcome.statistics;
  const { created, changed, deleted } = lists;
  const flaws = outcome.flaws.first.map(({ path, message }) => `${path}: ${message}`);
  return {
    backupId,
    entries: filesTotal,
    unchanged: Math.max(0, filesTotal - created.count - changed.count - differing.count),
    changed: changed.findings(TOLD),
    created: created.findings(TOLD),
    deleted: deleted.findings(TOLD),
    content: {
      filesCompared: Math.max(0, filesTotal - created.count),
      bytesCompared: totalSizeBytes,
      differing: differing.findings(),
      notCompared:
        outcome.flaws.count === 0 ? NO_FINDINGS : { count: outcome.flaws.count, first: flaws.slice(0, TOLD) },
    },
  };
}
