import { textOf } from '../../core/entry.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RestoreReport, RestoreStepInput } from '../contract.js';
import { copyMirror, type MirrorCopy } from './mirror-copy.js';
import { readMirrorRecord } from './mirror-restore-record.js';
import { closeSpool, readReport } from './restore-spool.js';
import { makeTarget } from './target-changes.js';
import { targetRunner } from './target-machine.js';

/** Copies a mirror to the target with rsync, then lets rsync look for anything that still differs. Done again, it does the same. */
export async function restoreMirror(
  providers: Providers,
  control: ActivityControl,
  { plan, request }: RestoreStepInput,
): Promise<RestoreReport> {
  const { spool } = plan;
  const reported = await readReport(spool);
  if (reported) return reported;
  const record = await readMirrorRecord(spool);
  const runner = targetRunner(providers, record.targetHost);
  await makeTarget({ runner, target: record.target, signal: control.signal });
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
  const left: string[] = [];
  let count = 0;
  const onChange: MirrorCopy['onChange'] = ({ kind, path }) => {
    count += 1;
    if (left.length < 100) left.push(`${path === '' ? '.' : textOf(path)}: ${STILL[kind]}`);
  };
  const compared = await copyMirror(providers, control, { ...copy, mode: 'look', compareOnly: true, onChange });
  const flaws = written.flaws.first.map(({ path, message }) => `${path}: ${message}`);
  const differences = { count: count + written.flaws.count, first: [...left, ...flaws].slice(0, 100) };
  const report: RestoreReport = {
    status: differences.count > 0 ? 'failed' : plan.flaws.count > 0 ? 'warning' : 'ok',
    compared: compared.statistics.filesTotal,
    differences,
  };
  await closeSpool(spool, report);
  return report;
}

const STILL = {
  created: 'is missing',
  changed: 'differs from the mirror',
  deleted: 'is there, but not in the mirror',
} as const;
