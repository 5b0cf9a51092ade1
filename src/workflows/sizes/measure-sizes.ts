import { continueAsNew, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { sizeRecords, totalsOf } from '../../core/history/size-records.js';
import type { MeasuredSize, SizeKind, SizeTarget } from '../../core/sizes/sizes.js';
import { background, local, quick, step } from '../activity-profiles.js';
import { conclude } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { type NoteEnded, openHistory } from '../history/note-ended.js';
import { measureSizesProgressQuery, type MeasureSizesInput, type MeasureSizesResult } from '../messages.js';
import { markSubject } from '../run-search-attributes.js';
import { openSizesRecord, type SizesRecord } from './sizes-record.js';

/** A step ends its process and says what it has when its time is over; this is how long that may take. */
const GRACE_MS = 300_000;

/**
 * Measures what a host's copies take up, one directory after another: each mirror, its snapshots, each source's archives. What has been measured stands in the
 * catalog and in the answer to `progress` at once; what takes longer than its limit is given as far as it was counted. History is told of each source as a whole.
 *
 * It takes no lock: backups go on meanwhile, and its steps come after theirs where workers are busy.
 */
export async function measureSizes(input: MeasureSizesInput): Promise<MeasureSizesResult> {
  const note = openHistory(input.configPath);
  const record = openSizesRecord(input);
  setHandler(measureSizesProgressQuery, record.progress);
  markSubject({ host: input.host });
  const goesOn = await measureSources(input, record, note).catch((error: unknown) => {
    record.stop(failureOfActivity(error, { host: input.host }));
    return false;
  });
  if (goesOn) await continueAsNew<typeof measureSizes>({ ...input, carried: record.state() });
  const result = record.result();
  return conclude(result, result.failures[0]);
}

/** Gives `true` when the history has grown long and the run is to go on in a new execution. */
async function measureSources(input: MeasureSizesInput, record: SizesRecord, note: NoteEnded): Promise<boolean> {
  const { configPath, host: name, selection } = input;
  const plan = await step(`read the plan of ${name}`, local.loadHost, { configPath, host: name, selection });
  // Each step is about one source.
  const host = { ...plan, sources: [] };
  for (const source of plan.sources.slice(record.state().sourcesDone)) {
    if (workflowInfo().continueAsNewSuggested) return true;
    await measureSource(host, source, input.limitMs, record, note);
    record.sourceDone();
  }
  return false;
}

async function measureSource(
  host: HostPlan,
  source: SourcePlan,
  limitMs: number,
  record: SizesRecord,
  note: NoteEnded,
): Promise<void> {
  const place = { host: host.name, source: source.name };
  const sizes: MeasuredSize[] = [];
  const missing: Pick<SizeTarget, 'kind'>[] = [];
  let gone: readonly SizeKind[] = [];
  try {
    record.doing(`${source.name}: finding what there is`);
    const found = await step(`find what ${source.name} has`, quick.findSizes, { host, source });
    const { targets, leftOut } = found;
    gone = found.gone ?? [];
    for (const target of targets) {
      record.doing(`${source.name}: ${textOf(target)}`);
      const { size, failed } = await measureTarget(host, source, target, limitMs, record);
      if (size !== undefined) sizes.push(size);
      if (failed) missing.push(target);
    }
    if (leftOut > 0) {
      record.leftOut(leftOut);
      missing.push({ kind: 'snapshot' });
    }
  } catch (error) {
    if (isCancellation(error)) throw error;
    record.failed(failureOfActivity(error, place));
  }
  const measured = { runId: workflowInfo().runId, atMs: Date.now(), source: source.name, sizes, missing, gone };
  const totals = totalsOf({ ...measured, destination: source.destination.name });
  record.measuredSource(totals);
  await note(sizeRecords(host.name, totals));
}

/** Neither a size nor a failure: it is there no more. */
interface Measured {
  readonly size?: MeasuredSize;
  readonly failed?: true;
}

async function measureTarget(
  host: HostPlan,
  source: SourcePlan,
  target: SizeTarget,
  limitMs: number,
  record: SizesRecord,
): Promise<Measured> {
  const summary = `measure ${source.name}: ${textOf(target)}`;
  const options = { startToCloseTimeout: limitMs + GRACE_MS };
  try {
    const measured = await step(summary, background.measureSize, { host, source, ...target, limitMs }, options);
    if (measured.size !== undefined) record.measured(measured.size);
    return measured;
  } catch (error) {
    if (isCancellation(error)) throw error;
    record.failed(failureOfActivity(error, { host: host.name, source: source.name }));
    return { failed: true };
  }
}

const textOf = ({ kind, name }: SizeTarget): string => (name === '' ? kind : `${kind} ${name}`);
