import type { FrozenSource } from '../../activities/contract.js';
import { patient, standard, step } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { always } from '../scopes.js';
import { placeOf, subjectOf, type Ending, type SourceRun } from './source-run.js';

/**
 * Reads a source while it is frozen on its host, where the configuration asks for that, and releases it whatever happened: also when the
 * freeze itself failed half-way, was cancelled or ran out of time.
 */
export async function whileFrozen(run: SourceRun, work: (run: SourceRun) => Promise<Ending>): Promise<Ending> {
  if (run.source.freeze === undefined) return work(run);
  let frozen: FrozenSource | undefined;
  let ending: Ending;
  try {
    run.tell({ step: 'freezing' });
    frozen = await step(`${run.source.name}: freeze`, standard.freezeSource, subjectOf(run));
    ending = await work(readingFrom(frozen, run));
  } catch (error) {
    await thaw(run, frozen !== undefined);
    throw error;
  }
  const released = await thaw(run, frozen !== undefined);
  return withRemarks(run, frozen, released, ending);
}

function readingFrom({ readPath, frozenAtMs }: FrozenSource, run: SourceRun): SourceRun {
  return { ...run, source: { ...run.source, readPath, frozenAtMs } };
}

interface Released {
  readonly troubles: readonly string[];
  readonly failure?: Ending['failure'];
}

/** Waits for a host that is away, half an hour if need be. What cannot be released now is found by the next run. */
async function thaw(run: SourceRun, frozen: boolean): Promise<Released> {
  try {
    run.tell({ step: 'thawing' });
    const input = { ...subjectOf(run), frozen };
    return await always(() => step(`${run.source.name}: release what was frozen`, patient.thawSource, input));
  } catch (error) {
    const failure = failureOfActivity(error, placeOf(run));
    run.notes.push(`What was frozen could not be released (${failure.type}): ${failure.message}`);
    run.besides.push(failure);
    return { troubles: [], failure };
  }
}

/** What was backed up stays so, but somebody must know what it does not hold, or what is left on the host. */
function withRemarks(run: SourceRun, frozen: FrozenSource, { troubles, failure }: Released, ending: Ending): Ending {
  const missing = remark(
    'Not included',
    frozen.notIncluded,
    'it is not part of what was frozen; exclude it, or make it a source',
  );
  const running = remark('Read without being frozen', frozen.notFrozen, 'it lies on another file system');
  const remarks = [...[missing, running].filter((note) => note !== undefined), ...troubles];
  run.notes.push(...remarks);
  if (remarks.length === 0 && failure === undefined) return ending;
  const told = { ...ending, remarks: [...(ending.remarks ?? []), ...remarks] };
  if (ending.status !== 'ok') return told;
  return { ...told, status: 'warning', ...(failure === undefined ? {} : { failure }) };
}

function remark(what: string, { count, first }: FrozenSource['notIncluded'], why: string): string | undefined {
  if (count === 0) return undefined;
  return `${what}: ${first.join(', ')}${count > first.length ? ` and ${count - first.length} more` : ''} (${why}).`;
}
