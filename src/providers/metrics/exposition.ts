import { Counter, Gauge, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** A figure of a metric; each set of labels stands in it once. */
export interface Sample {
  readonly labels: Labels;
  /** Of several samples the very same object, as prom-client's histograms have them: its text is made once. They stand after `labels`. */
  readonly sharedLabels?: Labels;
  readonly value: number;
}

/** A metric with all that it tells. */
export interface ToldMetric {
  readonly type: 'gauge' | 'counter';
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const gauge = (name: string, help: string, samples: readonly Sample[]): ToldMetric => ({
  type: 'gauge',
  name,
  help,
  samples,
});

/** Of what only grows. */
export const counter = (name: string, help: string, samples: readonly Sample[]): ToldMetric => ({
  type: 'counter',
  name,
  help,
  samples,
});

/**
 * As `registry.metrics()` has it. The samples are handed over as they are: to set them one by one, prom-client makes a key of each one's labels,
 * which takes most of the time with thousands of sources.
 */
export async function metricText({ type, name, help, samples }: ToldMetric): Promise<string> {
  const registry = new Registry();
  const metric = new { gauge: Gauge, counter: Counter }[type]({ name, help, registers: [registry] });
  const told = { ...(await metric.get()), values: [...samples] };
  metric.get = () => Promise.resolve(told);
  return registry.getSingleMetricAsString(name);
}
