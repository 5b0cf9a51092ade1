import { DAILY, DAYS_LEFT_FIGURE, DAYS_LEFT_PROMQL, DAYS_LEFT_TEXTS } from '../days-left.js';
import { PLAIN, thresholds, UNIT } from '../looks.js';
import { graph } from '../panels/graph.js';
import { stat } from '../panels/stat.js';
import { table } from '../panels/table.js';
import { DESTINATION, OF_DESTINATION, OF_SOURCE, SOURCE, sourceWith } from '../selection.js';
import type { DashboardPlan } from './dashboard.js';

const HALF = { width: 12, height: 9 } as const;
const NO_SNAPSHOTS = sourceWith('type!="snapshot"');
const KINDS = '"host", "source", "destination", "kind"';

/** Snapshots share most of their bytes with their mirror: added to it they would count twice. */
const ONCE = `"kind" != 'snapshot'`;

/**
 * Sizes are measured now and then, all of a host in one scan: between two scans the last one holds. The inner query must not fill in anything itself:
 * filled rows come in an order in which the outer one does not add them up.
 */
const sizes = (field: string, where: string, by: string, alias: string) => ({
  query: [
    `SELECT sum("bytes") FROM (SELECT last("${field}") AS "bytes" FROM "backup_size" WHERE ${where}`,
    `GROUP BY time($interval), ${KINDS}) WHERE $timeFilter GROUP BY time($interval), ${by} fill(previous)`,
  ].join(' '),
  alias,
});

const DAYS_LEFT = [
  `SELECT ${DAYS_LEFT_FIGURE} AS "days left" FROM (SELECT ${DAILY} FROM "backup_destination"`,
  `WHERE ${OF_DESTINATION} GROUP BY time(1d), "destination") GROUP BY "destination"`,
].join(' ');
const DAYS_LEFT_LOOK = {
  unit: UNIT.days,
  thresholds: thresholds('bad', [
    [14, 'doubtful'],
    [60, 'good'],
  ]),
  mappings: DAYS_LEFT_TEXTS,
} as const;

const total = stat({
  title: 'Kept by Holdfast',
  description: 'All mirrors and archives, as they were last measured (`holdfast sizes scan`).',
  width: 6,
  height: 4,
  unit: UNIT.bytes,
  thresholds: PLAIN,
  queries: {
    influxdb: [
      {
        query: `SELECT sum("bytes") FROM (SELECT last("total_bytes") AS "bytes" FROM "backup_size" WHERE ${OF_SOURCE} AND ${ONCE} GROUP BY ${KINDS})`,
      },
    ],
    prometheus: [{ expr: `sum(holdfast_size_bytes${NO_SNAPSHOTS})` }],
  },
});

const added = stat({
  title: 'Added by the runs shown',
  description: 'What the backups of the time shown added at their destinations, before anything was pruned.',
  width: 6,
  height: 4,
  unit: UNIT.bytes,
  thresholds: PLAIN,
  queries: {
    influxdb: [{ query: `SELECT sum("stored_bytes") FROM "backup_source" WHERE ${OF_SOURCE}` }],
  },
});

const source = stat({
  title: 'Size of the sources',
  description: 'All files of all sources, as their last good backups saw them.',
  width: 6,
  height: 4,
  unit: UNIT.bytes,
  thresholds: PLAIN,
  queries: {
    influxdb: [
      {
        query: `SELECT sum("bytes") FROM (SELECT last("total_size_bytes") AS "bytes" FROM "backup_source" WHERE ${OF_SOURCE} AND "status_numeric" > 0 GROUP BY "host", "source", "destination")`,
      },
    ],
    prometheus: [{ expr: `sum(holdfast_last_size_bytes${SOURCE})` }],
  },
});

const soonest = stat({
  title: 'First destination is full in',
  description: 'By the mean change of free space in the last 14 days.',
  width: 6,
  height: 4,
  timeFrom: '14d',
  ...DAYS_LEFT_LOOK,
  decimals: 0,
  queries: {
    influxdb: [{ query: `SELECT min("days left") FROM (${DAYS_LEFT}) WHERE "days left" >= 0` }],
    prometheus: [
      {
        expr: `min(${DAYS_LEFT_PROMQL(DESTINATION)} >= 0)`,
      },
    ],
  },
});

const destinations = table({
  title: 'Destinations',
  description:
    'Disks of the worker’s machine. Days left: free space by what was lost of it in a day, over the last 14 days. Buckets have no size.',
  width: 24,
  height: 6,
  timeFrom: '14d',
  keys: ['destination'],
  columns: [
    { name: 'free', unit: UNIT.bytes, promql: `max by (destination) (holdfast_destination_free_bytes${DESTINATION})` },
    { name: 'size', unit: UNIT.bytes, promql: `max by (destination) (holdfast_destination_total_bytes${DESTINATION})` },
    {
      name: 'used',
      unit: UNIT.share,
      thresholds: thresholds('good', [
        [0.8, 'doubtful'],
        [0.9, 'bad'],
      ]),
      cell: 'bar',
      max: 1,
      promql: `max by (destination) (1 - holdfast_destination_free_bytes${DESTINATION} / holdfast_destination_total_bytes${DESTINATION})`,
    },
    {
      name: 'days left',
      ...DAYS_LEFT_LOOK,
      promql: `max by (destination) (${DAYS_LEFT_PROMQL(DESTINATION)})`,
    },
  ],
  influxql: [
    `SELECT last("free") AS "free", last("size") AS "size", last("used") AS "used", ${DAYS_LEFT_FIGURE} AS "days left"`,
    `FROM (SELECT ${DAILY}, last("total_bytes") AS "size", last("used_percent") / 100 AS "used" FROM "backup_destination"`,
    `WHERE ${OF_DESTINATION} GROUP BY time(1d), "destination") GROUP BY "destination"`,
  ].join(' '),
  sortBy: { column: 'days left', descending: false },
});

const free = graph({
  ...HALF,
  title: 'Free space of destinations',
  description: 'For who is not root, as df shows it.',
  unit: UNIT.bytes,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    influxdb: [
      {
        query: `SELECT last("free_bytes") FROM "backup_destination" WHERE ${OF_DESTINATION} GROUP BY time($interval), "destination" fill(none)`,
        alias: '$tag_destination',
      },
    ],
    prometheus: [{ expr: `holdfast_destination_free_bytes${DESTINATION}`, legend: '{{destination}}' }],
  },
});

const hosts = graph({
  ...HALF,
  title: 'Kept of each host',
  description: 'Mirrors and archives of a host together, as they were measured.',
  unit: UNIT.bytes,
  thresholds: PLAIN,
  drawing: 'lines',
  stacked: true,
  min: 0,
  queries: {
    influxdb: [sizes('total_bytes', `${OF_SOURCE} AND ${ONCE}`, '"host"', '$tag_host')],
    prometheus: [{ expr: `sum by (host) (holdfast_size_bytes${NO_SNAPSHOTS})`, legend: '{{host}}' }],
  },
});

const growth = graph({
  ...HALF,
  title: 'Added of each host',
  description: 'What the backups of a host added at their destinations, in each interval.',
  unit: UNIT.bytes,
  thresholds: PLAIN,
  drawing: 'bars',
  stacked: true,
  queries: {
    influxdb: [
      {
        query: `SELECT sum("stored_bytes") FROM "backup_source" WHERE ${OF_SOURCE} GROUP BY time($interval), "host" fill(0)`,
        alias: '$tag_host',
      },
    ],
    prometheus: [
      { expr: `sum by (host) (delta(holdfast_size_bytes${NO_SNAPSHOTS}[7d]))`, legend: '{{host}}, in a week' },
    ],
  },
});

const shared = graph({
  ...HALF,
  title: 'Shared and exclusive bytes',
  description:
    'BTRFS: exclusive bytes would be freed by removing what holds them; shared ones are held by a mirror and its snapshots together, and counted by each.',
  unit: UNIT.bytes,
  thresholds: PLAIN,
  drawing: 'lines',
  min: 0,
  queries: {
    influxdb: [
      sizes('exclusive_bytes', OF_SOURCE, '"host", "kind"', '$tag_host exclusive: $tag_kind'),
      sizes('shared_bytes', OF_SOURCE, '"host", "kind"', '$tag_host shared: $tag_kind'),
    ],
    prometheus: [
      { expr: `sum by (host, type) (holdfast_size_exclusive_bytes${SOURCE})`, legend: '{{host}} exclusive: {{type}}' },
      { expr: `sum by (host, type) (holdfast_size_shared_bytes${SOURCE})`, legend: '{{host}} shared: {{type}}' },
    ],
  },
});

const largest = table({
  title: 'What takes up room',
  description: 'Each source by kind, as it was last measured.',
  width: 24,
  height: 10,
  keys: ['host', 'source', 'destination', 'kind'],
  keysInPromql: ['host', 'source', 'destination', 'type'],
  columns: [
    {
      name: 'total',
      unit: UNIT.bytes,
      promql: `max by (host, source, destination, type) (holdfast_size_bytes${SOURCE})`,
    },
    {
      name: 'exclusive',
      unit: UNIT.bytes,
      promql: `max by (host, source, destination, type) (holdfast_size_exclusive_bytes${SOURCE})`,
    },
    {
      name: 'shared',
      unit: UNIT.bytes,
      promql: `max by (host, source, destination, type) (holdfast_size_shared_bytes${SOURCE})`,
    },
    { name: 'count', unit: UNIT.count },
  ],
  influxql: [
    'SELECT last("total_bytes") AS "total", last("exclusive_bytes") AS "exclusive", last("shared_bytes") AS "shared", last("count") AS "count"',
    `FROM "backup_size" WHERE ${OF_SOURCE} GROUP BY ${KINDS}`,
  ].join(' '),
  sortBy: { column: 'total', descending: true },
});

export const STORAGE: DashboardPlan = {
  name: 'storage',
  title: 'storage',
  description: 'How much room backups take, how fast that grows, and how long the destinations will do.',
  from: 'now-30d',
  variables: ['host', 'source', 'destination', 'interval'],
  rows: [
    { title: 'Now', panels: [total, source, added, soonest, destinations] },
    { title: 'Over time', panels: [hosts, growth, free, shared] },
    { title: 'By source', panels: [largest] },
  ],
};
