import { ERROR_TYPES } from '../../../src/core/errors/error-types.js';
import { durationsOf, INCREMENTAL } from '../durations.js';
import { absent, NONE_WANTED, PLAIN, STATUS_NUMBERS, STATUS_TEXTS, thresholds, UNIT } from '../looks.js';
import { graph } from '../panels/graph.js';
import { table } from '../panels/table.js';
import { timeline } from '../panels/timeline.js';
import { BY_SOURCE, OF_SOURCE, SOURCE, STATE_FROM } from '../selection.js';
import type { DashboardPlan } from './dashboard.js';

const NAMES = '$tag_host $tag_source $tag_destination';
const LEGEND = '{{host}} {{source}} {{destination}}';
const HALF = { width: 12, height: 8 } as const;

/** A figure of every run, by source. */
const perRun = (field: string, as = 'max') => ({
  query: `SELECT ${as}("${field}") FROM "backup_source" WHERE ${OF_SOURCE} GROUP BY time($interval), ${BY_SOURCE} fill(none)`,
  alias: NAMES,
});

/** What runs add up to in each interval, all chosen sources together. */
const perInterval = (...fields: readonly (readonly [string, string])[]) => ({
  query: `SELECT ${fields.map(([field, name]) => `sum("${field}") AS "${name}"`).join(', ')} FROM "backup_source" WHERE ${OF_SOURCE} GROUP BY time($interval) fill(0)`,
  alias: '$col',
});

/** Of the run that made the newest backup. */
const gauge = (name: string, more = '') => ({ expr: `holdfast_${name}${SOURCE}${more}`, legend: LEGEND });

const now = table({
  title: 'As it stands',
  description: 'The last run of each source, and its last good backup.',
  width: 24,
  height: 7,
  timeFrom: STATE_FROM,
  keys: ['host', 'source', 'destination'],
  columns: [
    {
      name: 'status',
      unit: UNIT.text,
      mappings: STATUS_TEXTS,
      cell: 'colour',
      label: 'outcome',
      promql: `max by (host, source, destination, outcome) (holdfast_last_outcome${SOURCE})`,
    },
    {
      name: 'why',
      unit: UNIT.text,
      label: 'type',
      promql: `max by (host, source, destination, type) (holdfast_last_failure${SOURCE})`,
    },
    {
      name: 'last run',
      unit: UNIT.ago,
      mappings: [absent('never', 'bad')],
      promql: `1000 * max by (host, source, destination) (holdfast_last_run_timestamp_seconds${SOURCE} > 0)`,
    },
    {
      name: 'last good backup',
      unit: UNIT.ago,
      mappings: [absent('never', 'bad')],
      promql: `1000 * max by (host, source, destination) (holdfast_last_success_timestamp_seconds${SOURCE} > 0)`,
    },
    {
      name: 'expected every',
      unit: 's',
      mappings: [absent('–', 'none')],
      promql: `max by (host, source, destination) (holdfast_expected_interval_seconds${SOURCE})`,
    },
    {
      name: 'errors',
      unit: UNIT.count,
      thresholds: NONE_WANTED,
      promql: `sum by (host, source, destination) (holdfast_last_errors${SOURCE})`,
    },
    {
      name: 'warnings',
      unit: UNIT.count,
      thresholds: thresholds('good', [[1, 'doubtful']]),
      promql: `max by (host, source, destination) (holdfast_last_warnings${SOURCE})`,
    },
  ],
  influxql: [
    'SELECT last("status") AS "status", last("reason") AS "why", last("last_run_timestamp") * 1000 AS "last run",',
    'last("last_success_timestamp") * 1000 AS "last good backup", last("expected_interval_seconds") AS "expected every",',
    `last("error_count") AS "errors", last("warning_count") AS "warnings" FROM "backup_state" WHERE ${OF_SOURCE} GROUP BY ${BY_SOURCE}`,
  ].join(' '),
});

const outcomes = timeline({
  title: 'Runs',
  description: 'How each run of a source ended, until its next one.',
  width: 24,
  height: 7,
  unit: UNIT.text,
  thresholds: PLAIN,
  mappings: [...STATUS_TEXTS, ...STATUS_NUMBERS],
  queries: {
    influxdb: [
      { query: `SELECT "status" FROM "backup_source" WHERE ${OF_SOURCE} GROUP BY ${BY_SOURCE}`, alias: NAMES },
    ],
    prometheus: [gauge('last_status')],
  },
});

const errors = graph({
  ...HALF,
  title: 'Errors by type',
  description: 'What went wrong in runs: files that could not be read, connections that broke, and so on.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'bars',
  stacked: true,
  queries: {
    influxdb: [perInterval(...ERROR_TYPES.map((type) => [`errors_${type}`, type.replace('_', ' ')] as const))],
    prometheus: [{ expr: `sum by (type) (holdfast_last_errors${SOURCE})`, legend: '{{type}}' }],
  },
});

const warnings = graph({
  ...HALF,
  title: 'Warnings',
  description: 'Entries that a backup lacks or has flawed; scripts and hooks that failed without failing the source.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'bars',
  queries: { influxdb: [perRun('warning_count', 'sum')], prometheus: [gauge('last_warnings')] },
});

const exitCode = graph({
  ...HALF,
  title: 'Exit code',
  description:
    'Of each run, as the command line would end for this source alone: 0 ok, 1 failed, 3 warnings, 4 skipped or held.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'points',
  min: 0,
  decimals: 0,
  queries: { influxdb: [perRun('exit_code')], prometheus: [gauge('last_exit_code')] },
});

const duration = graph({
  ...HALF,
  title: 'Duration',
  description: 'Of the longest run in each interval.',
  unit: UNIT.seconds,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: { influxdb: [perRun('duration_seconds')], prometheus: [gauge('last_duration_seconds')] },
});

/** Durations of runs that made a backup, without full archives. */
const MADE = durationsOf(SOURCE);

const usual = table({
  title: 'Duration of the last run, against its own p95',
  description:
    '95 % of the runs of the last 30 days took at most the usual time. Full archives are left out: they take longer by their nature. From 2 on there is an alert.',
  ...HALF,
  timeFrom: '30d',
  keys: ['host', 'source', 'destination'],
  columns: [
    {
      name: 'last',
      unit: UNIT.seconds,
      promql: `max by (host, source, destination) (${MADE})`,
    },
    {
      name: 'p95',
      unit: UNIT.seconds,
      promql: `max by (host, source, destination) (quantile_over_time(0.95, (${MADE})[30d:1h]))`,
    },
    {
      name: 'last / p95',
      unit: UNIT.factor,
      thresholds: thresholds('good', [
        [1.5, 'doubtful'],
        [2, 'bad'],
      ]),
      cell: 'bar',
      max: 3,
      promql: `max by (host, source, destination) ((${MADE}) / quantile_over_time(0.95, (${MADE})[30d:1h]))`,
    },
  ],
  influxql: [
    'SELECT last("duration_seconds") AS "last", percentile("duration_seconds", 95) AS "p95",',
    'last("duration_seconds") / percentile("duration_seconds", 95) AS "last / p95"',
    `FROM "backup_source" WHERE ${OF_SOURCE} AND ${INCREMENTAL} GROUP BY ${BY_SOURCE}`,
  ].join(' '),
  sortBy: { column: 'last / p95', descending: true },
});

const bytes = graph({
  ...HALF,
  title: 'Bytes moved and stored',
  description: 'Received from hosts, sent to them, and added at the destination, by all chosen sources together.',
  unit: UNIT.bytes,
  thresholds: PLAIN,
  drawing: 'bars',
  queries: {
    influxdb: [perInterval(['bytes_received', 'received'], ['bytes_sent', 'sent'], ['stored_bytes', 'stored'])],
    prometheus: [
      { expr: `sum(holdfast_last_received_bytes${SOURCE})`, legend: 'received' },
      { expr: `sum(holdfast_last_sent_bytes${SOURCE})`, legend: 'sent' },
      { expr: `sum(holdfast_last_stored_bytes${SOURCE})`, legend: 'stored' },
    ],
  },
});

const size = graph({
  ...HALF,
  title: 'Size of the sources',
  description: 'Of all files of a source, as the run saw them.',
  unit: UNIT.bytes,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: { influxdb: [perRun('total_size_bytes', 'last')], prometheus: [gauge('last_size_bytes')] },
});

const rate = graph({
  ...HALF,
  title: 'Transfer rate',
  description: 'Bytes moved in a second, over the whole of a run: looking for changes counts as well.',
  unit: UNIT.bytesPerSecond,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    influxdb: [perRun('transfer_rate', 'mean')],
    prometheus: [
      {
        expr: `(holdfast_last_received_bytes${SOURCE} + holdfast_last_sent_bytes${SOURCE}) / (holdfast_last_duration_seconds${SOURCE} > 0) and holdfast_last_status${SOURCE} > 0`,
        legend: LEGEND,
      },
    ],
  },
});

const speedup = graph({
  ...HALF,
  title: 'Speedup',
  description: 'The size of a source by what was moved of it: how much not being a full copy saved.',
  unit: UNIT.factor,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: { influxdb: [perRun('speedup', 'mean')], prometheus: [gauge('last_speedup')] },
});

const files = graph({
  ...HALF,
  title: 'Files',
  description: 'How many files a source has.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: { influxdb: [perRun('files_total', 'last')], prometheus: [gauge('last_files')] },
});

const changed = graph({
  ...HALF,
  title: 'Files changed',
  description: 'New and changed files that runs moved, and files that were gone: an unusual number is worth a look.',
  unit: UNIT.count,
  thresholds: PLAIN,
  drawing: 'bars',
  queries: {
    influxdb: [perInterval(['files_transferred', 'transferred'], ['files_deleted', 'deleted'])],
    prometheus: [{ expr: `sum(holdfast_last_transferred_files${SOURCE})`, legend: 'transferred' }],
  },
});

const runs = table({
  title: 'Runs, newest first',
  description: 'The last 200 of the time shown.',
  width: 24,
  height: 10,
  keys: ['Time', 'host', 'source', 'destination'],
  columns: [
    { name: 'status', unit: UNIT.text, mappings: STATUS_TEXTS, cell: 'colour' },
    { name: 'exit_code', unit: UNIT.count },
    { name: 'rsync_exit_code', unit: UNIT.count },
    { name: 'level', unit: UNIT.count },
    { name: 'duration_seconds', unit: UNIT.seconds },
    { name: 'error_count', unit: UNIT.count, thresholds: NONE_WANTED },
    { name: 'warning_count', unit: UNIT.count },
    { name: 'total_size_bytes', unit: UNIT.bytes },
    { name: 'stored_bytes', unit: UNIT.bytes },
    { name: 'files_transferred', unit: UNIT.count },
    { name: 'failure_type', unit: UNIT.text },
    { name: 'failure_message', unit: UNIT.text },
    { name: 'run_id', unit: UNIT.text },
  ],
  influxql: [
    'SELECT "host", "source", "destination", "status", "exit_code", "rsync_exit_code", "level", "duration_seconds", "error_count", "warning_count",',
    '"total_size_bytes", "stored_bytes", "files_transferred", "failure_type", "failure_message", "run_id"',
    `FROM "backup_source" WHERE ${OF_SOURCE} ORDER BY time DESC LIMIT 200`,
  ].join(' '),
});

export const HOST_AND_SOURCE: DashboardPlan = {
  name: 'host',
  title: 'host and source',
  description: 'The runs of a host’s sources: how they ended, what they moved, how long they took.',
  from: 'now-30d',
  variables: ['host', 'source', 'destination', 'interval'],
  rows: [
    { title: 'Now', panels: [now, outcomes] },
    { title: 'Errors', panels: [errors, warnings, exitCode] },
    { title: 'Time', panels: [duration, usual] },
    { title: 'Amounts', panels: [bytes, size, rate, speedup, files, changed] },
    { title: 'Runs', panels: [runs] },
  ],
};
