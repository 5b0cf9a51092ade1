import { PLAIN, STATUS_TEXTS, thresholds, UNIT } from '../looks.js';
import { graph } from '../panels/graph.js';
import { stat } from '../panels/stat.js';
import { table } from '../panels/table.js';
import { timeline } from '../panels/timeline.js';
import { AT_END } from '../selection.js';
import type { DashboardPlan } from './dashboard.js';

const FIGURE = { width: 6, height: 4 } as const;
const HALF = { width: 12, height: 8 } as const;
const LEGEND = '{{instance}}';

const waiting = stat({
  ...FIGURE,
  title: 'Records that wait to be sent',
  description: 'To the metrics database; they wait while it is away, and none is lost.',
  unit: UNIT.count,
  thresholds: thresholds('good', [[1_000, 'doubtful']]),
  queries: {
    influxdb: [{ query: 'SELECT last("waiting") FROM "backup_fleet" WHERE $timeFilter' }],
    prometheus: [{ expr: 'max(holdfast_metrics_waiting)' }],
  },
});

const dropped = stat({
  ...FIGURE,
  title: 'Records dropped',
  description: 'That were never sent, because too many waited.',
  unit: UNIT.count,
  thresholds: thresholds('good', [[1, 'bad']]),
  queries: {
    influxdb: [{ query: 'SELECT last("dropped") FROM "backup_fleet" WHERE $timeFilter' }],
    prometheus: [{ expr: 'max(holdfast_metrics_dropped_total)' }],
  },
});

const lastState = stat({
  ...FIGURE,
  title: 'Last run ended before',
  description: 'The end of the newest run of all configured sources.',
  unit: UNIT.seconds,
  thresholds: PLAIN,
  queries: {
    influxdb: [{ query: `SELECT ${AT_END} - max("last_run_timestamp") FROM "backup_state" WHERE $timeFilter` }],
    prometheus: [{ expr: 'time() - max(holdfast_last_run_timestamp_seconds)' }],
  },
});

const configured = stat({
  ...FIGURE,
  title: 'Configured sources',
  description: 'As the worker reads its configuration.',
  unit: UNIT.count,
  thresholds: PLAIN,
  queries: {
    influxdb: [{ query: 'SELECT last("sources") FROM "backup_fleet" WHERE $timeFilter' }],
    prometheus: [{ expr: 'count(holdfast_unprotected)' }],
  },
});

const configurationValid = stat({
  ...FIGURE,
  title: 'Configuration and catalog',
  description: '1: the worker could read its configuration, and the catalog answered.',
  unit: UNIT.count,
  thresholds: thresholds('bad', [[1, 'good']]),
  queries: { prometheus: [{ expr: 'min(holdfast_config_valid) * min(holdfast_catalog_up)' }] },
});

const workers = table({
  title: 'Workers',
  description: 'Each worker that Prometheus scrapes.',
  width: 12,
  height: 5,
  keys: ['instance'],
  columns: [
    { name: 'version', unit: UNIT.text, label: 'version', promql: 'max by (instance, version) (holdfast_info)' },
    {
      name: 'up since',
      unit: UNIT.ago,
      promql: '1000 * max by (instance) (process_start_time_seconds and on (instance) holdfast_info)',
    },
  ],
});

const slots = stat({
  ...FIGURE,
  title: 'Room for steps',
  description:
    'How many more Activities and Workflow Tasks the workers could take on at once. 0 for long: more workers are wanted.',
  unit: UNIT.count,
  thresholds: thresholds('doubtful', [[1, 'good']]),
  queries: { prometheus: [{ expr: 'sum(temporal_worker_task_slots_available)' }] },
});

const waitingOverTime = graph({
  ...HALF,
  title: 'Records waiting',
  description: 'A hill is an outage of the metrics database.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    influxdb: [
      {
        query:
          'SELECT max("waiting") AS "waiting" FROM "backup_fleet" WHERE $timeFilter GROUP BY time($interval) fill(none)',
        alias: '$col',
      },
    ],
    prometheus: [{ expr: 'holdfast_metrics_waiting', legend: LEGEND }],
  },
});

const unprotected = graph({
  ...HALF,
  title: 'Sources, and unprotected ones',
  description: 'What the configuration has, and how many of these were without a backup as they should have one.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    influxdb: [
      {
        query:
          'SELECT max("sources") AS "sources", max("unprotected") AS "unprotected", max("overdue") AS "overdue" FROM "backup_fleet" WHERE $timeFilter GROUP BY time($interval) fill(none)',
        alias: '$col',
      },
    ],
    prometheus: [
      { expr: 'count(holdfast_unprotected)', legend: 'sources' },
      { expr: 'sum(holdfast_unprotected)', legend: 'unprotected' },
      { expr: 'sum(holdfast_overdue)', legend: 'overdue' },
    ],
  },
});

const runs = timeline({
  title: 'Runs by type',
  description: 'How runs ended: backups, restores, drills, prunes and others, until the next one of their type.',
  width: 24,
  height: 7,
  unit: UNIT.text,
  thresholds: PLAIN,
  mappings: STATUS_TEXTS,
  queries: {
    influxdb: [
      {
        query: 'SELECT "status" FROM "backup_run" WHERE $timeFilter GROUP BY "type", "plan"',
        alias: '$tag_type $tag_plan',
      },
    ],
  },
});

const durations = graph({
  ...HALF,
  title: 'Duration of runs',
  description: 'Of whole runs, by their type.',
  unit: UNIT.seconds,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    influxdb: [
      {
        query:
          'SELECT max("duration_seconds") FROM "backup_run" WHERE $timeFilter GROUP BY time($interval), "type" fill(none)',
        alias: '$tag_type',
      },
    ],
  },
});

const hosts = graph({
  ...HALF,
  title: 'Hosts by how they ended',
  description: 'Of the runs of backups in each interval.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'bars',
  stacked: true,
  queries: {
    influxdb: [
      {
        query:
          'SELECT sum("hosts_ok") AS "ok", sum("hosts_warning") AS "warning", sum("hosts_failed") AS "failed", sum("hosts_skipped") AS "skipped", sum("hosts_held") AS "held", sum("hosts_cancelled") AS "cancelled" FROM "backup_run" WHERE $timeFilter GROUP BY time($interval) fill(none)',
        alias: '$col',
      },
    ],
    prometheus: [
      {
        expr: 'sum by (outcome) (increase(holdfast_runs_total[$interval]))',
        legend: '{{outcome}}',
      },
    ],
  },
});

const memory = graph({
  ...HALF,
  title: 'Memory',
  description: 'Of the worker’s process; data moves through other processes and is not in it.',
  unit: UNIT.bytes,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    prometheus: [
      { expr: 'process_resident_memory_bytes and on (instance) holdfast_info', legend: '{{instance}} resident' },
      { expr: 'nodejs_heap_size_used_bytes and on (instance) holdfast_info', legend: '{{instance}} heap' },
    ],
  },
});

const lag = graph({
  ...HALF,
  title: 'Event loop lag',
  description: 'How late the worker gets to its next step, 99th percentile. Above a second heartbeats are in danger.',
  unit: UNIT.seconds,
  thresholds: thresholds('good', [
    [0.2, 'doubtful'],
    [1, 'bad'],
  ]),
  drawing: 'lines',
  min: 0,
  queries: {
    prometheus: [{ expr: 'nodejs_eventloop_lag_p99_seconds and on (instance) holdfast_info', legend: LEGEND }],
  },
});

const cpu = graph({
  ...HALF,
  title: 'Processor',
  description: 'Cores that the worker’s process is busy with.',
  unit: UNIT.factor,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    prometheus: [
      { expr: 'rate(process_cpu_seconds_total[$__rate_interval]) and on (instance) holdfast_info', legend: LEGEND },
    ],
  },
});

const activities = graph({
  ...HALF,
  title: 'Steps that failed',
  description:
    'Attempts of Activities that failed, by their type. Most are tried again; a few now and then are no harm.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'bars',
  stacked: true,
  queries: {
    prometheus: [
      {
        expr: 'sum by (activity_type) (increase(temporal_activity_execution_failed_total[$interval]))',
        legend: '{{activity_type}}',
      },
    ],
  },
});

const latency = graph({
  ...HALF,
  title: 'Wait for a worker',
  description: 'How long steps wait until a worker begins them, 95 of 100 of them at most.',
  unit: UNIT.seconds,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    prometheus: [
      {
        expr: 'histogram_quantile(0.95, sum by (le) (rate(temporal_activity_schedule_to_start_latency_seconds_bucket[$interval])))',
        legend: 'Activities',
      },
    ],
  },
});

export const WORKER: DashboardPlan = {
  name: 'worker',
  title: 'worker health',
  description: 'Whether Holdfast itself is well: its runs, and what it has not sent yet.',
  from: 'now-7d',
  variables: ['interval'],
  rows: [
    { title: 'Now', panels: [waiting, dropped, lastState, configured, configurationValid, workers, slots] },
    { title: 'Runs', panels: [runs, durations, hosts] },
    { title: 'Over time', panels: [waitingOverTime, unprotected, memory, lag, cpu, activities, latency] },
  ],
};
