import { open, rm } from 'node:fs/promises';
import { textOf } from '../../core/entries/entry.js';
import type { Entry } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { FilterRule } from '../../core/filters/rules.js';
import { compileRules } from '../../core/filters/filters.js';
import { parseScanComplaints } from '../../core/scan/complaints.js';
import { scanScript, SOURCE_MISSING } from '../../core/scan/script.js';
import type { ScriptResult, ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl } from '../activity-control.js';
import { readRecords } from '../archive/read-records.js';
import { saidBy } from './run-script.js';

/**
 * Lists what a target holds into `recordsFile` and gives it in index order, in batches, without what `exclude` (rsync's patterns) leaves out. A target that
 * does not exist holds nothing. Throws RestoreTargetInvalid for a target that cannot be looked at whole: what is not seen cannot be compared.
 */
export async function scanTarget(
  runner: ScriptRunner,
  control: ActivityControl,
  path: string,
  exclude: readonly FilterRule[],
  recordsFile: string,
): Promise<AsyncIterable<readonly Entry[]>> {
  await rm(recordsFile, { force: true });
  const file = await open(recordsFile, 'wx', 0o600);
  try {
    const job = {
      what: `look through ${path}`,
      body: scanScript(path, { exclude }),
      stdout: { fd: file.fd },
      signal: control.signal,
    };
    const result = await runner.start(job).finished;
    if (result.status === SOURCE_MISSING) return noEntries();
    assertWholeScan(runner.machine, path, result);
  } finally {
    await file.close();
  }
  return readRecords(recordsFile, compileRules(exclude));
}

async function* noEntries(): AsyncGenerator<readonly Entry[]> {}

function assertWholeScan(machine: string, path: string, result: ScriptResult): void {
  const { complaints, unknown } = parseScanComplaints(saidBy(result));
  const unseen = complaints.filter(({ kind }) => kind !== 'gone');
  const serious = [...unseen.map((one) => `${textOf(one.path)}: ${one.reason}`), ...unknown.map(textOf)];
  const { find, sort } = result.stages;
  const ended = result.status === 0 && sort === 0 && (find === 0 || (find === 1 && complaints.length > 0));
  if (ended && serious.length === 0 && !result.stderrTruncated) return;
  const said = serious.slice(0, 5).join('; ') || `status ${result.status}, find ${find}, sort ${sort}`;
  throw new HoldfastError('RestoreTargetInvalid', `${machine}: could not look through ${path}: ${said}`);
}
