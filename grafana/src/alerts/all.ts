import { DAILY, DAYS_LEFT_FIGURE, DAYS_LEFT_PROMQL } from '../days-left.js';
import { durationsOf, INCREMENTAL } from '../durations.js';
import { BY_SOURCE } from '../selection.js';
import type { AlertPlan, GrafanaAlertQuery } from './alert.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** Days without a good restore drill, and days until a destination is full, from which on there is an alert. */
const UNPROVEN_DAYS = 30;
const FILLING_DAYS = 14;

/** Of the newest state of each source; states come every ten minutes. */
const state = (field: string): GrafanaAlertQuery => ({
  name: 'state',
  influxql: `SELECT last("${field}") FROM "backup_state" WHERE $timeFilter GROUP BY ${BY_SOURCE}`,
  fromSeconds: HOUR,
});

const RED = { dashboard: 'fleet', panel: 'What is red now' } as const;
const SOURCE = '<source> of <host>';

const failed: AlertPlan = {
  name: 'failed',
  title: 'Backup failed',
  severity: 'critical',
  summary: `The last backup of ${SOURCE} failed.`,
  description: 'It made no backup. `holdfast runs` shows why; the dashboard names the failure.',
  for: '0s',
  shownBy: RED,
  grafana: { queries: [state('status_numeric')], math: '$state < 0.25', noData: 'OK' },
  promql: 'holdfast_last_status == 0',
};

const held: AlertPlan = {
  name: 'held',
  title: 'Backup waits for an approval',
  severity: 'critical',
  summary: `The last backup of ${SOURCE} was held back.`,
  description:
    'The guard saw more deletions than it lets pass, or an empty source. Look at it, then `holdfast approve` or `holdfast reject`.',
  for: '0s',
  shownBy: RED,
  grafana: {
    queries: [
      {
        name: 'held',
        influxql: [
          'SELECT "unprotected" FROM (SELECT last("status") AS "status", last("unprotected") AS "unprotected" FROM "backup_state"',
          `WHERE $timeFilter GROUP BY ${BY_SOURCE}) WHERE "status" = 'held' GROUP BY ${BY_SOURCE}`,
        ].join(' '),
        fromSeconds: HOUR,
      },
    ],
    math: '$held > 0',
    noData: 'OK',
  },
  promql: 'holdfast_last_outcome{outcome="held"} == 1',
};

const warning: AlertPlan = {
  name: 'warning',
  title: 'Backup ended with warnings',
  severity: 'warning',
  summary: `The last backup of ${SOURCE} ended with warnings.`,
  description: 'It can be restored, but entries are missing or flawed. `holdfast backups` lists them.',
  for: '0s',
  shownBy: { dashboard: 'host', panel: 'As it stands' },
  grafana: { queries: [state('status_numeric')], math: '$state > 0.25 && $state < 0.75', noData: 'OK' },
  promql: 'holdfast_last_status == 0.5',
};

const errors: AlertPlan = {
  name: 'errors',
  title: 'Errors in a backup',
  severity: 'warning',
  summary: `There were errors in the last run of ${SOURCE}.`,
  description: 'Files or steps went wrong; the dashboard shows how many of which type.',
  for: '0s',
  shownBy: { dashboard: 'host', panel: 'Errors by type' },
  grafana: { queries: [state('error_count')], math: '$state > 0', noData: 'OK' },
  promql: 'sum by (host, source, destination, engine) (holdfast_last_errors) > 0',
};

const RUNS = `FROM "backup_source" WHERE $timeFilter AND ${INCREMENTAL} GROUP BY ${BY_SOURCE}`;
const LONG_SECONDS = 60;

const slow: AlertPlan = {
  name: 'slow',
  title: 'Backup took unusually long',
  severity: 'warning',
  summary: `The last backup of ${SOURCE} took more than twice as long as it usually does.`,
  description:
    'Longer than twice the p95 of the 30 days before, and than a minute. Full archives are left out. Something changed much, or the network, the host or the destination is slow.',
  for: '0s',
  shownBy: { dashboard: 'host', panel: 'Duration of the last run, against its own p95' },
  grafana: {
    queries: [
      { name: 'last', influxql: `SELECT last("duration_seconds") ${RUNS}`, fromSeconds: 2 * DAY },
      // Without the last day: a slow run is not to be measured by itself.
      {
        name: 'usual',
        influxql: `SELECT percentile("duration_seconds", 95) ${RUNS}`,
        fromSeconds: 31 * DAY,
        toSeconds: DAY,
      },
    ],
    math: `$last > 2 * $usual && $last > ${LONG_SECONDS}`,
    noData: 'OK',
  },
  promql: `(${durationsOf()}) > 2 * quantile_over_time(0.95, (${durationsOf()})[30d:1h] offset 1d) > ${LONG_SECONDS}`,
};

const overdue: AlertPlan = {
  name: 'overdue',
  title: 'Backup is overdue',
  severity: 'critical',
  summary: `${SOURCE} has no backup within one and a half of the expected interval.`,
  description:
    'No run, or none that made a backup. See whether its schedule runs (`holdfast schedules`), the worker is up, and the host answers.',
  for: '10m',
  shownBy: { dashboard: 'fleet', panel: 'Age of the last good backup, against what is expected' },
  grafana: { queries: [state('overdue')], math: '$state > 0', noData: 'OK' },
  promql: 'abs(time() - holdfast_last_success_timestamp_seconds) > 1.5 * holdfast_expected_interval_seconds',
};

const silent: AlertPlan = {
  name: 'silent',
  title: 'Holdfast says nothing',
  severity: 'critical',
  summary: 'Nothing has come from Holdfast for an hour.',
  description:
    'Its worker is down, or cannot reach the database of metrics: every other alert is blind until it is back.',
  for: '0s',
  shownBy: { dashboard: 'fleet', panel: 'Holdfast' },
  grafana: {
    queries: [
      {
        name: 'said',
        influxql: 'SELECT count("sources") FROM "backup_fleet" WHERE $timeFilter',
        fromSeconds: HOUR,
      },
    ],
    math: '$said < 1',
    noData: 'Alerting',
  },
  promql: 'absent_over_time(holdfast_info[1h])',
};

const unproven: AlertPlan = {
  name: 'unproven',
  title: 'No proof that it can be restored',
  severity: 'warning',
  summary: `${SOURCE} has had no good restore drill for ${UNPROVEN_DAYS} days.`,
  description: 'Counted from its first backup where there never was one. `holdfast drill` makes a proof.',
  for: '10m',
  shownBy: { dashboard: 'fleet', panel: 'Proofs that it can be restored' },
  grafana: { queries: [state('unproven_seconds')], math: `$state > ${UNPROVEN_DAYS * DAY}`, noData: 'OK' },
  promql: `time() - (holdfast_last_proof_timestamp_seconds > 0 or holdfast_first_success_timestamp_seconds > 0) > ${UNPROVEN_DAYS * DAY}`,
};

const filling: AlertPlan = {
  name: 'filling',
  title: 'Destination fills up',
  severity: 'warning',
  summary: `<destination> is full in less than ${FILLING_DAYS} days.`,
  description: 'By what it lost of its free space in a day, in the mean of the last 14 days. Prune, or make room.',
  for: '1h',
  shownBy: { dashboard: 'storage', panel: 'Destinations' },
  grafana: {
    queries: [
      {
        name: 'days',
        influxql: [
          `SELECT ${DAYS_LEFT_FIGURE} FROM (SELECT ${DAILY} FROM "backup_destination"`,
          'WHERE $timeFilter GROUP BY time(1d), "destination") GROUP BY "destination"',
        ].join(' '),
        fromSeconds: 14 * DAY,
      },
    ],
    math: `$days >= 0 && $days < ${FILLING_DAYS}`,
    noData: 'OK',
  },
  promql: `${DAYS_LEFT_PROMQL()} >= 0 < ${FILLING_DAYS}`,
};

export const ALERTS: readonly AlertPlan[] = [failed, held, warning, errors, slow, overdue, silent, unproven, filling];
