import type { DestinationRecord, HistoryRecord, SizeRecord, SourceRecord } from '../../src/core/history/records.js';
import type { SourceState } from '../../src/core/history/source-state.js';
import type { Status } from '../../src/core/statuses.js';

/** What is to be known of sources and destinations, worked out of all records at once. */
export function statesFromScratch(records: readonly HistoryRecord[]): {
  readonly states: SourceState[];
  readonly destinations: DestinationRecord[];
  readonly sizes: SizeRecord[];
} {
  const ofStates = records.filter((record) => record.kind === 'source' || (record.kind === 'proof' && record.good));
  return {
    states: placesOf(ofStates).map((place) => stateOf(records, place)),
    destinations: newestOfEach(records.filter((record) => record.kind === 'destination')),
    sizes: newestOfEach(records.filter((record) => record.kind === 'size')),
  };
}

/** host, source, destination; as far as the record has them. */
const placeOf = (record: HistoryRecord): string =>
  [
    'host' in record ? record.host : '',
    'source' in record ? record.source : '',
    'destination' in record ? record.destination : '',
  ].join(' ');

const placesOf = (records: readonly HistoryRecord[]): string[] => [...new Set(records.map(placeOf))].sort();

const newestOfEach = <One extends HistoryRecord>(records: readonly One[]): One[] =>
  placesOf(records).flatMap((place) => newest(records.filter((record) => placeOf(record) === place)) ?? []);

function stateOf(records: readonly HistoryRecord[], place: string): SourceState {
  const [host = '', source = '', destination = ''] = place.split(' ');
  const here = records.filter((record) => placeOf(record) === place);
  const ends = here.filter((record) => record.kind === 'source');
  const successes = ends.filter(({ status }) => status === 'ok' || status === 'warning');
  const proofs = here.filter((record) => record.kind === 'proof').filter(({ good }) => good);
  const ended = { ok: 0, warning: 0, failed: 0, skipped: 0, held: 0, cancelled: 0 } satisfies Record<Status, number>;
  for (const { status } of ends) ended[status] += 1;
  const [last, lastSuccess, lastProof] = [newest(ends), newest(successes), newest(proofs)];
  return {
    host,
    source,
    destination,
    engine: (last ?? lastProof)?.engine ?? 'mirror',
    ended,
    ...(last === undefined ? {} : { last }),
    ...(lastSuccess === undefined ? {} : { lastSuccess, firstSuccessAtMs: oldestOf(successes) }),
    ...(lastProof === undefined ? {} : { lastProof }),
  };
}

const oldestOf = (records: readonly SourceRecord[]): number => Math.min(...records.map(({ atMs }) => atMs));

function newest<One extends HistoryRecord>(records: readonly One[]): One | undefined {
  return [...records].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)).at(-1);
}
