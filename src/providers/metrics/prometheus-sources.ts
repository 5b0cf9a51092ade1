import { presentErrors } from '../../core/errors/error-types.js';
import type { SourceHealth } from '../../core/history/fleet-state.js';
import type { SizeRecord, SourceTags } from '../../core/history/records.js';
import type { Status } from '../../core/statuses.js';
import { counter, gauge, type Sample, type ToldMetric } from './exposition.js';
import { SOURCE_GAUGES } from './prometheus-source-gauges.js';

export const sourceLabels = ({ host, source, destination, engine }: SourceTags): Record<keyof SourceTags, string> => ({
  host,
  source,
  destination,
  engine,
});

/** A source with its labels, the same object in all its samples. */
interface Labelled {
  readonly source: SourceHealth;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * All metrics of sources, one after the other.
 *
 * @param isMomentaryToo also what is true at the moment of asking only
 */
export function* sourceParts(all: readonly SourceHealth[], isMomentaryToo: boolean): Generator<ToldMetric> {
  const sources = all.map((source) => ({ source, labels: sourceLabels(source) }));
  for (const { name, help, value, momentary = false } of SOURCE_GAUGES)
    if (!momentary || isMomentaryToo) yield gauge(name, help, figuresOf(sources, value));
  yield* runParts(sources);
  for (const { name, help, value } of SIZE_GAUGES) yield gauge(name, help, sizesOf(sources, value));
}

const figuresOf = (sources: readonly Labelled[], value: (source: SourceHealth) => number | undefined): Sample[] =>
  sources.flatMap(({ source, labels }): Sample[] => {
    const figure = value(source);
    return figure === undefined ? [] : [{ labels: {}, sharedLabels: labels, value: figure }];
  });

function* runParts(sources: readonly Labelled[]): Generator<ToldMetric> {
  yield gauge(
    'holdfast_last_outcome',
    '1 for how the last run ended.',
    sources.flatMap(({ source: { state }, labels }): Sample[] =>
      state?.last === undefined ? [] : [{ labels: { ...labels, outcome: state.last.status }, value: 1 }],
    ),
  );
  yield gauge(
    'holdfast_last_errors',
    'Errors of the last run by type; absent: none.',
    sources.flatMap(({ source: { state }, labels }) =>
      Object.entries(presentErrors(state?.last?.errorCounts)).map(
        ([type, count]): Sample => ({ labels: { ...labels, type }, value: count }),
      ),
    ),
  );
  yield gauge(
    'holdfast_last_failure',
    '1 for what the last run failed with; absent: nothing.',
    sources.flatMap(({ source: { state }, labels }): Sample[] =>
      state?.last?.failure === undefined ? [] : [{ labels: { ...labels, type: state.last.failure.type }, value: 1 }],
    ),
  );
  yield counter(
    'holdfast_runs_total',
    'Runs that ended so, since history is kept.',
    // From 0 on, so that an increase sees the first one.
    sources.flatMap(({ source: { state }, labels }) =>
      OUTCOMES.map((shared): Sample => ({ labels, sharedLabels: shared, value: state?.ended[shared.outcome] ?? 0 })),
    ),
  );
}

const OUTCOMES = (['ok', 'warning', 'failed', 'skipped', 'held', 'cancelled'] satisfies Status[]).map((outcome) => ({
  outcome,
}));

const sizesOf = (sources: readonly Labelled[], value: (size: SizeRecord) => number | undefined): Sample[] =>
  sources.flatMap(({ source: { sizes }, labels }) =>
    sizes.flatMap((size): Sample[] => {
      const bytes = value(size);
      return bytes === undefined ? [] : [{ labels: { ...labels, type: size.of }, value: bytes }];
    }),
  );

const SIZE_GAUGES: readonly {
  readonly name: string;
  readonly help: string;
  readonly value: (size: SizeRecord) => number | undefined;
}[] = [
  {
    name: 'holdfast_size_bytes',
    help: 'What mirror, snapshots or archives of a source take up, as last measured.',
    value: ({ totalBytes }) => totalBytes,
  },
  {
    name: 'holdfast_size_exclusive_bytes',
    help: 'Of it, what nothing else refers to.',
    value: ({ exclusiveBytes }) => exclusiveBytes,
  },
  {
    name: 'holdfast_size_shared_bytes',
    help: 'Of it, what others refer to as well.',
    value: ({ sharedBytes }) => sharedBytes,
  },
];
