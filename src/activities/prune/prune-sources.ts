import type { DestinationPlan } from '../../core/plan.js';
import { HoldfastError } from '../../core/failures.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { withStorage } from '../archive/with-storage.js';
import type {
  PrunedSource,
  PruneSelection,
  PruneSourcesInput,
  PruneSourcesResult,
  RecordPruneInput,
} from '../contract.js';
import { type ArchivedSource, archivedSources } from './archived-sources.js';
import { pruneSource } from './prune-source.js';
import { lastPruneMs, recordPruneAt } from './retention-records.js';

export async function listPruneDestinations(
  _providers: Providers,
  _control: ActivityControl,
  input: PruneSelection,
): Promise<readonly string[]> {
  const sources = await archivedSources(input);
  return [...new Set(sources.map(({ source }) => source.destination.name))];
}

/** Prunes a page of a destination's sources, one after another. Safe to repeat at any point. */
export async function pruneSources(
  providers: Providers,
  control: ActivityControl,
  input: PruneSourcesInput,
): Promise<PruneSourcesResult> {
  const all = await sourcesIn(input, input.destination);
  return withStorage(providers, destinationOf(all), async (storage) => {
    const last = await lastPruneMs(storage);
    const sources: PrunedSource[] = [];
    for (const { host, source } of all.slice(input.offset, input.offset + input.limit)) {
      control.signal.throwIfAborted();
      control.progress({ host, source: source.name });
      const prune = { ...input, host, source, ...(last === undefined ? {} : { lastPruneMs: last }) };
      sources.push(await pruneSource(providers, storage, control, prune));
    }
    return { total: all.length, sources };
  });
}

/** Leaves a record of a prune that has ended; the next one judges the clock by it. */
export async function recordPrune(
  providers: Providers,
  _control: ActivityControl,
  input: RecordPruneInput,
): Promise<void> {
  const { destination, nowMs, deleted, freedBytes, approve, run } = input;
  const all = await sourcesIn(input, destination);
  const record = { endedAt: new Date(nowMs).toISOString(), deleted, freedBytes, run };
  await withStorage(providers, destinationOf(all), (storage) => recordPruneAt(storage, nowMs, record, approve));
}

async function sourcesIn(input: PruneSelection, destination: string): Promise<readonly ArchivedSource[]> {
  return (await archivedSources(input)).filter(({ source }) => source.destination.name === destination);
}

function destinationOf([first]: readonly ArchivedSource[]): DestinationPlan {
  if (first !== undefined) return first.source.destination;
  throw new HoldfastError('SourceNotInConfig', 'The configuration has no archives in this destination any more.');
}
