import { textOf } from '../../core/entries/entry.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RestoreReport, RestoreStepInput } from '../contract.js';
import { copyMirror, type MirrorCopy } from './mirror-copy.js';
import { readMirrorRecord } from './mirror-restore-record.js';
import { findSurplus, removeSurplus } from './mirror-surplus.js';
import { changedMeanwhile } from './open-mirror-point.js';
import { closeSpool, readReport } from './restore-spool.js';
import { releaseSnapshot } from './snapshot-in-use.js';
import { makeTarget } from './target-changes.js';
import { targetRunner } from './target-machine.js';

/** Copies a mirror, or a snapshot of it, to the target with rsync, then lets rsync look for anything that still differs. Done again, it does the same. */
export async function restoreMirror(
  providers: Providers,
  control: ActivityControl,
  { plan, request, run }: RestoreStepInput,
): Promise<RestoreReport> {
  const { spool } = plan;
  const reported = await readReport(spool);
  if (reported) return reported;
  const record = await readMirrorRecord(spool);
  const runner = targetRunner(providers, record.targetHost);
  const changes = { runner, target: record.target, signal: control.signal };
  await makeTarget(changes);
  let entries = 0;
  const copy: MirrorCopy = {
    spool,
    record,
    request,
    mode: 'write',
    onChange: () => {
      entries += 1;
      control.progress({ entries });
    },
  };
  const written = await copyMirror(providers, control, copy);
  // The directories that have lost something have new times by that.
  if (await removeSurplus(changes, spool)) await copyMirror(providers, control, { ...copy, compareOnly: true });
  const left: string[] = [];
  let count = 0;
  const differs = (kind: keyof typeof STILL, path: string): void => {
    count += 1;
    if (left.length < 100) left.push(`${path === '' ? '.' : textOf(path)}: ${STILL[kind]}`);
  };
  const onChange: MirrorCopy['onChange'] = ({ kind, path }) => differs(kind, path);
  const compared = await copyMirror(providers, control, { ...copy, mode: 'look', compareOnly: true, onChange });
  const surplus = await findSurplus(providers, control, spool, record, request);
  for (const path of [...surplus.files, ...surplus.directories]) differs('deleted', path);
  const flaws = written.flaws.first.map(({ path, message }) => `${path}: ${message}`);
  const failed = count + written.flaws.count > 0;
  const meanwhile = await changedMeanwhile(providers, control, record.point);
  const remarks = meanwhile === undefined ? [] : [meanwhile];
  const report: RestoreReport = {
    status: failed ? 'failed' : plan.flaws.count + remarks.length > 0 ? 'warning' : 'ok',
    compared: compared.statistics.filesTotal,
    differences: {
      count: count + written.flaws.count + remarks.length,
      first: [...remarks, ...left, ...flaws].slice(0, 100),
    },
  };
  await releaseSnapshot(record.point, run);
  await closeSpool(spool, report);
  return report;
}

const STILL = {
  created: 'is missing',
  changed: 'differs from the mirror',
  deleted: 'is there, but not in the mirror',
} as const;
