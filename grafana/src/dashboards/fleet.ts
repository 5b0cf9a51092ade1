import {
  absent,
  between,
  NONE_WANTED,
  PLAIN,
  PROTECTION,
  STATUS_TEXTS,
  thresholds,
  UNIT,
  YES_OR_NO,
} from '../looks.js';
import type { PanelPlan } from '../panels/panel.js';
import { stat } from '../panels/stat.js';
import { table } from '../panels/table.js';
import { timeline } from '../panels/timeline.js';
import { AT_END, BY_SOURCE, newestStates, OF_HOST, OF_SOURCE, SOURCE, sourceWith, STATE_FROM } from '../selection.js';
import type { DashboardPlan } from './dashboard.js';

/** Adds up a flag of the newest states: 0 only where there are sources and none has it. */
const countOf = (flag: string) => ({ query: `SELECT sum("${flag}") FROM (${newestStates(flag)})` });
const COUNT = { unit: UNIT.count, width: 4, height: 4, timeFrom: STATE_FROM } as const;

const unprotected = stat({
  ...COUNT,
  title: 'Unprotected sources',
  description:
    'Sources without a backup as they should have one: the last run failed or waits for an approval, the last backup is overdue, or there never was one.',
  thresholds: NONE_WANTED,
  queries: { influxdb: [countOf('unprotected')], prometheus: [{ expr: `sum(holdfast_unprotected${SOURCE})` }] },
});

const failing = stat({
  ...COUNT,
  title: 'Failed last time',
  description: 'Sources whose last run failed. An older backup may still be young enough.',
  thresholds: NONE_WANTED,
  queries: {
    influxdb: [countOf('failing')],
    prometheus: [{ expr: `count(holdfast_last_status${SOURCE} == 0) or 0 * count(holdfast_unprotected${SOURCE})` }],
  },
});

const overdue = stat({
  ...COUNT,
  title: 'Overdue',
  description: 'Sources whose last good backup is older than one and a half of the expected interval.',
  thresholds: NONE_WANTED,
  queries: { influxdb: [countOf('overdue')], prometheus: [{ expr: `sum(holdfast_overdue${SOURCE})` }] },
});

const errors = stat({
  ...COUNT,
  title: 'Errors of the last runs',
  description: 'Files and steps that went wrong in the last run of each source, all kinds together.',
  thresholds: thresholds('good', [[1, 'doubtful']]),
  queries: {
    influxdb: [countOf('error_count')],
    prometheus: [{ expr: `sum(holdfast_last_errors${SOURCE}) or 0 * count(holdfast_unprotected${SOURCE})` }],
  },
});

const sources = stat({
  ...COUNT,
  title: 'Sources',
  description: 'Sources that the configuration has.',
  thresholds: PLAIN,
  queries: {
    influxdb: [{ query: `SELECT count("unprotected") FROM (${newestStates('unprotected')})` }],
    prometheus: [{ expr: `count(holdfast_unprotected${SOURCE})` }],
  },
});

const reporting = stat({
  ...COUNT,
  title: 'Holdfast',
  description:
    'Whether Holdfast has said anything within the last hour. If it is silent, everything else here is as old as its last word.',
  timeFrom: '1h',
  thresholds: thresholds('good'),
  mappings: [between(1, null, 'reports', 'good'), absent('SILENT', 'bad')],
  queries: {
    influxdb: [{ query: 'SELECT count("sources") FROM "backup_fleet" WHERE $timeFilter' }],
    prometheus: [{ expr: 'count(holdfast_info)' }],
  },
});

const RED = `on (host, source, destination) (holdfast_unprotected${SOURCE} == 1)`;

const red = table({
  title: 'What is red now',
  description:
    'Each unprotected source, the one longest without a backup first. Why: the type of the failure, or overdue, or never backed up.',
  width: 24,
  height: 8,
  timeFrom: STATE_FROM,
  keys: ['host', 'source', 'destination'],
  columns: [
    {
      name: 'why',
      unit: UNIT.text,
      label: 'type',
      promql: `max by (host, source, destination, type) (holdfast_last_failure${SOURCE}) and ${RED}`,
    },
    {
      name: 'last run',
      unit: UNIT.text,
      mappings: STATUS_TEXTS,
      cell: 'colour',
      label: 'outcome',
      promql: `max by (host, source, destination, outcome) (holdfast_last_outcome${SOURCE}) and ${RED}`,
    },
    {
      name: 'overdue',
      unit: UNIT.count,
      mappings: YES_OR_NO,
      promql: `max by (host, source, destination) (holdfast_overdue${SOURCE}) and ${RED}`,
    },
    {
      name: 'no good backup since',
      unit: UNIT.ago,
      mappings: [absent('never', 'bad')],
      promql: `1000 * max by (host, source, destination) (holdfast_last_success_timestamp_seconds${SOURCE} > 0) and ${RED}`,
    },
    {
      name: 'expected every',
      unit: 's',
      promql: `max by (host, source, destination) (holdfast_expected_interval_seconds${SOURCE}) and ${RED}`,
    },
    {
      name: 'errors',
      unit: UNIT.count,
      thresholds: NONE_WANTED,
      promql: `sum by (host, source, destination) (holdfast_last_errors${SOURCE}) and ${RED}`,
    },
    { name: 'message', unit: UNIT.text },
  ],
  influxql: [
    'SELECT "reason" AS "why", "status" AS "last run", "overdue", "good" * 1000 AS "no good backup since", "expected" AS "expected every", "errors", "message"',
    'FROM (SELECT last("unprotected") AS "unprotected", last("overdue") AS "overdue", last("reason") AS "reason", last("status") AS "status", last("last_success_timestamp") AS "good",',
    'last("expected_interval_seconds") AS "expected", last("error_count") AS "errors", last("failure_message") AS "message"',
    `FROM "backup_state" WHERE ${OF_SOURCE} GROUP BY ${BY_SOURCE}) WHERE "unprotected" > 0 GROUP BY ${BY_SOURCE}`,
  ].join(' '),
  sortBy: { column: 'no good backup since', descending: false },
});

const protection = timeline({
  title: 'Since when: protection of each host',
  description: 'Red: at least one source of the host was unprotected. Empty: Holdfast said nothing.',
  width: 24,
  height: 8,
  unit: UNIT.count,
  thresholds: thresholds('good', [[1, 'bad']]),
  mappings: PROTECTION,
  queries: {
    influxdb: [
      {
        query: `SELECT max("unprotected") FROM "backup_state" WHERE ${OF_SOURCE} GROUP BY time($interval), "host" fill(null)`,
        alias: '$tag_host',
      },
    ],
    prometheus: [
      { expr: `max by (host) (max_over_time(holdfast_unprotected${SOURCE}[$interval]))`, legend: '{{host}}' },
    ],
  },
});

const outcomes = timeline({
  title: 'Runs of each host',
  description: 'How each run of a host ended, until its next one; a host is as its worst source.',
  width: 24,
  height: 8,
  unit: UNIT.text,
  thresholds: PLAIN,
  mappings: STATUS_TEXTS,
  queries: {
    influxdb: [{ query: `SELECT "status" FROM "backup_host" WHERE ${OF_HOST} GROUP BY "host"`, alias: '$tag_host' }],
  },
});

const age = table({
  title: 'Age of the last good backup, against what is expected',
  description:
    '100 % is the expected interval; from 150 % on the source is overdue. Without a schedule or `expect` nothing is expected.',
  width: 14,
  height: 10,
  timeFrom: STATE_FROM,
  keys: ['host', 'source', 'destination'],
  columns: [
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
      name: 'age / expected',
      unit: UNIT.share,
      thresholds: thresholds('good', [
        [1, 'doubtful'],
        [1.5, 'bad'],
      ]),
      cell: 'bar',
      max: 2,
      promql: `max by (host, source, destination) (time() - (holdfast_last_success_timestamp_seconds${SOURCE} > 0)) / max by (host, source, destination) (holdfast_expected_interval_seconds${SOURCE})`,
    },
  ],
  influxql: [
    'SELECT last("last_success_timestamp") * 1000 AS "last good backup", last("expected_interval_seconds") AS "expected every",',
    `(${AT_END} - last("last_success_timestamp")) / last("expected_interval_seconds") AS "age / expected"`,
    `FROM "backup_state" WHERE ${OF_SOURCE} GROUP BY ${BY_SOURCE}`,
  ].join(' '),
  sortBy: { column: 'age / expected', descending: true },
});

const DAY = 86_400;
const PROOF_AGE = thresholds('good', [
  [14 * DAY, 'doubtful'],
  [30 * DAY, 'bad'],
]);

const proofs = table({
  title: 'Proofs that it can be restored',
  description:
    'The last restore drill that brought back what was backed up (`holdfast drill`), and for how long there was none: since the first backup, where there never was one.',
  width: 10,
  height: 10,
  timeFrom: STATE_FROM,
  keys: ['host', 'source', 'destination'],
  columns: [
    {
      name: 'last proof',
      unit: UNIT.ago,
      mappings: [absent('never', 'bad')],
      promql: `1000 * max by (host, source, destination) (holdfast_last_proof_timestamp_seconds${SOURCE} > 0)`,
    },
    {
      name: 'unproven for',
      unit: 's',
      thresholds: PROOF_AGE,
      cell: 'colour',
      promql: `max by (host, source, destination) (time() - (holdfast_last_proof_timestamp_seconds${SOURCE} > 0 or holdfast_first_success_timestamp_seconds${SOURCE} > 0))`,
    },
  ],
  influxql: [
    'SELECT last("last_proof_timestamp") * 1000 AS "last proof", last("unproven_seconds") AS "unproven for"',
    `FROM "backup_state" WHERE ${OF_SOURCE} GROUP BY ${BY_SOURCE}`,
  ].join(' '),
  sortBy: { column: 'unproven for', descending: true },
});

const failures: PanelPlan = table({
  title: 'What failed or was held',
  description: 'Sources whose runs made no backup, newest first, with what happened.',
  width: 24,
  height: 9,
  keys: ['Time', 'host', 'source', 'destination'],
  columns: [
    { name: 'status', unit: UNIT.text, mappings: STATUS_TEXTS, cell: 'colour' },
    { name: 'failure_type', unit: UNIT.text },
    { name: 'error_count', unit: UNIT.count },
    { name: 'failure_message', unit: UNIT.text },
  ],
  influxql: [
    'SELECT "host", "source", "destination", "status", "failure_type", "error_count", "failure_message" FROM "backup_source"',
    `WHERE ${OF_SOURCE} AND ("status" = 'failed' OR "status" = 'held' OR "status" = 'cancelled') ORDER BY time DESC LIMIT 200`,
  ].join(' '),
});

const failuresCounted: PanelPlan = table({
  title: 'Failures of the time shown',
  description: 'How often each source failed or was held.',
  width: 24,
  height: 9,
  keys: ['host', 'source'],
  columns: [
    {
      name: 'failed',
      unit: UNIT.count,
      thresholds: NONE_WANTED,
      cell: 'colour',
      promql: `sum by (host, source) (increase(holdfast_runs_total${sourceWith('outcome="failed"')}[$__range])) > 0`,
    },
  ],
  sortBy: { column: 'failed', descending: true },
});

export const FLEET: DashboardPlan = {
  name: 'fleet',
  title: 'fleet',
  description: 'Which sources are unprotected, why, and since when.',
  from: 'now-7d',
  variables: ['host', 'source', 'destination', 'interval'],
  rows: [
    { title: 'Now', panels: [unprotected, overdue, failing, errors, sources, reporting, red] },
    { title: 'Over time', panels: [protection, outcomes] },
    { title: 'Age and proof', panels: [age, proofs] },
    { title: 'Failures', panels: [failures, failuresCounted] },
  ],
};
