import { setImmediate as turn } from 'node:timers/promises';
import { Counter, Gauge, Registry } from 'prom-client';
import { ERROR_TYPES, errorCountsOf } from '../../core/errors/error-types.js';
import type { ConfiguredSource, FleetHealth, SourceHealth } from '../../core/history/fleet-state.js';
import type { SourceTags } from '../../core/history/records.js';
import type { Status } from '../../core/statuses.js';
import { SOURCE_GAUGES } from './prometheus-sources.js';

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

const SOURCE_LABELS = ['host', 'source', 'destination', 'engine'] as const;

/** Text of Prometheus' exposition format 0.0.4, made anew from what is given: a restart of the worker loses nothing of it. */
export async function fleetText({ version, configured, health, now }: FleetMetrics): Promise<string> {
  const registry = new Registry();
  const gauge = gaugeOf(registry);
  gauge('holdfast_info', 'The version of the worker that tells this.', ['version']).set({ version }, 1);
  if (now !== undefined) tellNow(now, gauge);
  const interval = gauge('holdfast_expected_interval_seconds', 'A backup is expected this often.', SOURCE_LABELS);
  for (const source of configured)
    if (source.expectEveryMs !== undefined) interval.set(labelsOf(source), source.expectEveryMs / 1_000);
  if (health !== undefined) await tellHealth(health, now !== undefined, registry);
  return textOf(registry);
}

/** As `registry.metrics()` has it, one metric after the other: thousands of sources must not hold up what else the worker does. */
async function textOf(registry: Registry): Promise<string> {
  const parts: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    parts.push(await registry.getSingleMetricAsString(name));
    await turn();
  }
  return `${parts.join('\n\n')}\n`;
}

const gaugeOf =
  (registry: Registry) =>
  <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });

type MakeGauge = ReturnType<typeof gaugeOf>;

function tellNow({ configValid, catalogUp }: NonNullable<FleetMetrics['now']>, gauge: MakeGauge): void {
  const valid = '0: the configuration has mistakes or is missing; sources are told as it last was without.';
  gauge('holdfast_config_valid', valid).set(configValid ? 1 : 0);
  if (catalogUp === undefined) return;
  gauge('holdfast_catalog_up', '0: the catalog does not answer, and what it knows is missing here.').set(
    catalogUp ? 1 : 0,
  );
}

async function tellHealth(health: FleetHealth, momentary: boolean, registry: Registry): Promise<void> {
  const gauge = gaugeOf(registry);
  for (const { name, help, value, momentary: isMomentary = false } of SOURCE_GAUGES) {
    if (isMomentary && !momentary) continue;
    const told = gauge(name, help, SOURCE_LABELS);
    for (const source of health.sources) {
      const figure = value(source);
      if (figure !== undefined) told.set(labelsOf(source), figure);
    }
    await turn();
  }
  tellRuns(health.sources, registry);
  tellSizes(health.sources, gauge);
  tellDestinations(health, gauge);
  if (momentary) tellWaiting(health, registry);
}

function tellRuns(sources: readonly SourceHealth[], registry: Registry): void {
  const gauge = gaugeOf(registry);
  const outcome = gauge('holdfast_last_outcome', '1 for how the last run ended.', [...SOURCE_LABELS, 'outcome']);
  const errors = gauge('holdfast_last_errors', 'Errors of the last run by type; absent: none.', [
    ...SOURCE_LABELS,
    'type',
  ]);
  const failures = gauge('holdfast_last_failure', '1 for what the last run failed with; absent: nothing.', [
    ...SOURCE_LABELS,
    'type',
  ]);
  const runs = new Counter({
    name: 'holdfast_runs_total',
    help: 'Runs that ended so, since history is kept.',
    labelNames: [...SOURCE_LABELS, 'outcome'],
    registers: [registry],
  });
  for (const { state, ...source } of sources) {
    const labels = labelsOf(source);
    // From 0 on, so that an increase sees the first one.
    for (const status of OUTCOMES) runs.inc({ ...labels, outcome: status }, state?.ended[status] ?? 0);
    if (state?.last === undefined) continue;
    outcome.set({ ...labels, outcome: state.last.status }, 1);
    if (state.last.failure !== undefined) failures.set({ ...labels, type: state.last.failure.type }, 1);
    const counts = errorCountsOf(state.last.errorCounts);
    for (const type of ERROR_TYPES) {
      const count = counts[type];
      if (count > 0) errors.set({ ...labels, type }, count);
    }
  }
}

const OUTCOMES: readonly Status[] = ['ok', 'warning', 'failed', 'skipped', 'held', 'cancelled'];

function tellSizes(sources: readonly SourceHealth[], gauge: MakeGauge): void {
  const of = (name: string, help: string) => gauge(name, help, [...SOURCE_LABELS, 'type']);
  const total = of('holdfast_size_bytes', 'What mirror, snapshots or archives of a source take up, as last measured.');
  const exclusive = of('holdfast_size_exclusive_bytes', 'Of it, what nothing else refers to.');
  const shared = of('holdfast_size_shared_bytes', 'Of it, what others refer to as well.');
  for (const { sizes, ...source } of sources)
    for (const { of: type, totalBytes, exclusiveBytes, sharedBytes } of sizes) {
      const labels = { ...labelsOf(source), type };
      total.set(labels, totalBytes);
      if (exclusiveBytes !== undefined) exclusive.set(labels, exclusiveBytes);
      if (sharedBytes !== undefined) shared.set(labels, sharedBytes);
    }
}

function tellDestinations({ destinations }: FleetHealth, gauge: MakeGauge): void {
  const of = (name: string, help: string) => gauge(name, help, ['destination']);
  const free = of('holdfast_destination_free_bytes', 'Free room for the worker, when it was last measured.');
  const total = of('holdfast_destination_total_bytes', 'Size of the file system, when it was last measured.');
  const measured = of('holdfast_destination_measured_timestamp_seconds', 'When its room was last measured.');
  for (const { destination, freeBytes, totalBytes, atMs } of destinations) {
    free.set({ destination }, freeBytes);
    total.set({ destination }, totalBytes);
    measured.set({ destination }, atMs / 1_000);
  }
}

function tellWaiting({ pending, dropped }: FleetHealth, registry: Registry): void {
  gaugeOf(registry)('holdfast_metrics_waiting', 'Records that wait to be sent to the metrics database.').set(pending);
  const help = 'Records that went before they could be sent: too many waited.';
  new Counter({ name: 'holdfast_metrics_dropped_total', help, registers: [registry] }).inc(dropped);
}

const labelsOf = ({ host, source, destination, engine }: SourceTags): Record<keyof SourceTags, string> => ({
  host,
  source,
  destination,
  engine,
});
