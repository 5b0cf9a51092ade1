import { setImmediate as turn } from 'node:timers/promises';
import type { ConfiguredSource, FleetHealth } from '../../core/history/fleet-state.js';
import type { DestinationRecord } from '../../core/history/records.js';
import { counter, gauge, metricText, type ToldMetric } from './exposition.js';
import { sourceLabels, sourceParts } from './prometheus-sources.js';

/** What is told to Prometheus of a fleet. */
export interface FleetMetrics {
  readonly version: string;
  readonly configured: readonly ConfiguredSource[];
  /** Undefined: the catalog could not be asked. Then nothing is said of what it knows: a last success of 0 would be a lie. */
  readonly health: FleetHealth | undefined;
  /** Undefined for a file that stays: what is true at the moment of asking only is left out of it. */
  readonly now?: {
    readonly configValid: boolean;
    /** Undefined: without a configuration nobody knows which catalog to ask. */
    readonly catalogUp: boolean | undefined;
  };
}

/** Text of Prometheus' exposition format 0.0.4, made anew from what is given: a restart of the worker loses nothing of it. */
export async function fleetText(metrics: FleetMetrics): Promise<string> {
  const parts: string[] = [];
  for (const metric of fleetParts(metrics)) {
    parts.push(await metricText(metric));
    // Thousands of sources must not hold up what else the worker does.
    await turn();
  }
  return `${parts.join('\n\n')}\n`;
}

function* fleetParts({ version, configured, health, now }: FleetMetrics): Generator<ToldMetric> {
  yield gauge('holdfast_info', 'The version of the worker that tells this.', [{ labels: { version }, value: 1 }]);
  if (now !== undefined) yield* nowParts(now);
  yield gauge(
    'holdfast_expected_interval_seconds',
    'A backup is expected this often.',
    configured.flatMap((source) =>
      source.expectEveryMs === undefined ? [] : [{ labels: sourceLabels(source), value: source.expectEveryMs / 1_000 }],
    ),
  );
  if (health === undefined) return;
  yield* sourceParts(health.sources, now !== undefined);
  yield* destinationParts(health);
  if (now !== undefined) yield* waitingParts(health);
}

function* nowParts({ configValid, catalogUp }: NonNullable<FleetMetrics['now']>): Generator<ToldMetric> {
  const valid = '0: the configuration has mistakes or is missing; sources are told as it last was without.';
  yield gauge('holdfast_config_valid', valid, [{ labels: {}, value: configValid ? 1 : 0 }]);
  if (catalogUp === undefined) return;
  const up = '0: the catalog does not answer, and what it knows is missing here.';
  yield gauge('holdfast_catalog_up', up, [{ labels: {}, value: catalogUp ? 1 : 0 }]);
}

function* destinationParts({ destinations }: FleetHealth): Generator<ToldMetric> {
  for (const { name, help, value } of DESTINATION_GAUGES)
    yield gauge(
      name,
      help,
      destinations.map((one) => ({ labels: { destination: one.destination }, value: value(one) })),
    );
}

const DESTINATION_GAUGES: readonly {
  readonly name: string;
  readonly help: string;
  readonly value: (one: DestinationRecord) => number;
}[] = [
  {
    name: 'holdfast_destination_free_bytes',
    help: 'Free room for the worker, when it was last measured.',
    value: ({ freeBytes }) => freeBytes,
  },
  {
    name: 'holdfast_destination_total_bytes',
    help: 'Size of the file system, when it was last measured.',
    value: ({ totalBytes }) => totalBytes,
  },
  {
    name: 'holdfast_destination_measured_timestamp_seconds',
    help: 'When its room was last measured.',
    value: ({ atMs }) => atMs / 1_000,
  },
];

function* waitingParts({ pending, dropped }: FleetHealth): Generator<ToldMetric> {
  yield gauge('holdfast_metrics_waiting', 'Records that wait to be sent to the metrics database.', [
    { labels: {}, value: pending },
  ]);
  const help = 'Records that went before they could be sent: too many waited.';
  yield counter('holdfast_metrics_dropped_total', help, [{ labels: {}, value: dropped }]);
}
