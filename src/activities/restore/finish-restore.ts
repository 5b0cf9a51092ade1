import { join } from 'node:path';
import { textOf } from '../../core/entries/entry.js';
import { joinByPath } from '../../core/restore/join.js';
import type { RestoreSelection } from '../../core/restore/selection.js';
import { RestoreVerification } from '../../core/restore/verification.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { accessOf } from '../archive/open-repository.js';
import type { RestoreReport, RestoreStepInput } from '../contract.js';
import { applyDirectoryAttributes } from './directory-attributes.js';
import { removeScratch } from './discard-restore.js';
import { readExpected } from './expected-entries.js';
import { readComplaints } from './judge-unpacking.js';
import { entriesThatStay } from './protect-left-out.js';
import { readNames } from './name-lists.js';
import { placeLargeFiles } from './place-large-files.js';
import { belowAny } from './prepare-restore.js';
import { closeSpool, LISTS, readRecord, readReport, type RestoreRecord } from './restore-spool.js';
import { selectionOf } from './restore-scope.js';
import { removeDirectories, removeFiles, type TargetChanges } from './target-changes.js';
import { targetRunner } from './target-machine.js';
import { scanTarget } from './target-scan.js';

/**
 * After all shards: removes what the point does not have (when asked to), sets the directories' own attributes, and compares the whole target with the point.
 * Done again, it does the same.
 */
export async function finishRestore(
  providers: Providers,
  control: ActivityControl,
  { plan, request }: RestoreStepInput,
): Promise<RestoreReport> {
  const { spool } = plan;
  const reported = await readReport(spool);
  if (reported) return reported;
  const record = await readRecord(spool);
  const runner = targetRunner(providers, record.targetHost);
  const place = { providers, runner, target: record.target };
  const access = accessOf(record.source.destination, request);
  await placeLargeFiles(place, control, spool, record, access);
  await removeScratch(providers, control, spool);
  await removeExtras({ runner, target: record.target, signal: control.signal }, spool);
  if (record.changes) await applyDirectoryAttributes(place, control, spool, record, access);
  const selection = selectionOf(request);
  const verification = await compare(place.runner, control, spool, record, selection, request.delete);
  const report = await reportOf(spool, verification, plan.flaws.count > 0);
  await closeSpool(spool, report);
  return report;
}

/** What stood in the way is gone already. */
async function removeExtras(changes: TargetChanges, spool: string): Promise<void> {
  const within = belowAny(await readNames(spool, LISTS.clearDirectories));
  await removeFiles(
    changes,
    (await readNames(spool, LISTS.deleteFiles)).filter((path) => !within(path)),
  );
  const directories = (await readNames(spool, LISTS.deleteDirectories)).filter((path) => !within(path));
  await removeDirectories(changes, directories, 'may hold others');
}

async function compare(
  runner: ReturnType<typeof targetRunner>,
  control: ActivityControl,
  spool: string,
  record: RestoreRecord,
  selection: RestoreSelection,
  exact: boolean,
): Promise<RestoreVerification> {
  const { target, exclude, filters, scannedAtSeconds } = record;
  const verification = new RestoreVerification({ owners: target.root, exact, scannedAtSeconds });
  const recordsFile = join(spool, 'scan-after');
  const found = await scanTarget(runner, control, target.path, exclude, recordsFile);
  const scannedAtMs = (scannedAtSeconds.at(-1) ?? 0) * 1000;
  const stays = await entriesThatStay({ spool, recordsFile, exclude, filters, scannedAtMs });
  await joinByPath(
    { batches: readExpected(spool), pathOf: ({ entry }) => entry.path },
    { batches: found, pathOf: ({ path }) => path },
    (path, expected, entry) => {
      const extraMatters = entry !== undefined && selection.takes(path, entry.type === 'd') && !stays(entry);
      verification.see(path, expected, entry, extraMatters);
    },
  );
  return verification;
}

async function reportOf(spool: string, verification: RestoreVerification, flawed: boolean): Promise<RestoreReport> {
  const complaints = await readComplaints(spool);
  const said = complaints.map(
    ({ path, message }) => `${path === undefined ? '' : `${textOf(path)}: `}${textOf(message)}`,
  );
  const failed = verification.count > 0 || complaints.some(({ kind }) => kind !== 'attribute');
  const imperfect = complaints.length > 0 || verification.changedMeanwhile > 0 || flawed;
  return {
    status: failed ? 'failed' : imperfect ? 'warning' : 'ok',
    compared: verification.compared,
    differences: {
      count: verification.count + verification.changedMeanwhile + said.length,
      first: [...verification.first, ...said].slice(0, 100),
    },
  };
}
