import type { InfluxPlan, MetricsPlan, UnreadInflux } from '../core/metrics/plan.js';
import type { InfluxFile } from './influx-file.js';
import type { Problem } from './problems.js';
import { Resolution } from './resolution.js';
import { recordInfluxdb, resolveInfluxdb } from './resolve-influxdb.js';
import { defined } from './resolve-destinations.js';
import type { MetricsEntry } from './schema/metrics.js';
import { influxdbFile } from './schema/metrics.js';
import { validate } from './validate.js';

/**
 * Where metrics go. A file of its own with mistakes is wrong as the configuration itself would be; one that is not there, or that this user may not read, is
 * none: commands run where only the worker has it, and backups do without. Then a note says so in every run.
 */
export function resolveMetrics(
  entry: MetricsEntry | undefined,
  file: InfluxFile | undefined,
  resolution: Resolution,
): MetricsPlan | undefined {
  if (entry === undefined) return undefined;
  const { influxdb, prometheus } = entry;
  if (typeof influxdb === 'string')
    resolution.record(['metrics', 'influxdb'], influxdb, resolution.originOf(['metrics', 'influxdb']));
  if (typeof influxdb === 'object') recordInfluxdb(influxdb, ['metrics', 'influxdb'], resolution);
  if (prometheus?.textfile !== undefined) {
    const at = ['metrics', 'prometheus', 'textfile'];
    resolution.record(at, prometheus.textfile, resolution.originOf(at));
  }
  return defined({
    influxdb:
      typeof influxdb === 'object'
        ? resolveInfluxdb(influxdb, ['metrics', 'influxdb'], resolution)
        : influxdb === undefined
          ? undefined
          : planInFile(influxdb, file, resolution),
    prometheus,
  });
}

function planInFile(
  path: string,
  file: InfluxFile | undefined,
  resolution: Resolution,
): InfluxPlan | UnreadInflux | undefined {
  const content = file?.content ?? { unread: `${path} was not read.` };
  if ('unread' in content) {
    const { unread } = content;
    resolution.notes.push(`metrics.influxdb: ${unread} Nothing is sent; what is to be sent waits.`);
    return { unread };
  }
  if ('problems' in content) {
    resolution.problems.push(...content.problems);
    return undefined;
  }
  if (content.document.value === null) {
    const empty = new Resolution(content.document, (at) => at);
    empty.report([], 'the file is empty; write influxdb with a mapping: host, port and the rest');
    resolution.problems.push(...empty.problems);
    return undefined;
  }
  const { sound, problems, originalPath } = validate(content.document, influxdbFile);
  const own = new Resolution(content.document, originalPath);
  const plan = sound === undefined ? undefined : resolveInfluxdb(sound.influxdb, ['influxdb'], own);
  const all: readonly Problem[] = [...content.document.problems, ...problems, ...own.problems];
  resolution.problems.push(...all);
  return all.length === 0 ? plan : undefined;
}
