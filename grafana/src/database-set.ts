import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The same dashboards exist twice: in InfluxQL, which InfluxDB 1.x and 2.x both answer, and in PromQL. */
export const DATABASE_SETS = ['influxdb', 'prometheus'] as const;
export type DatabaseSet = (typeof DATABASE_SETS)[number];

/** Every query goes to what is chosen above the dashboard. */
export const dataSourceOf = (set: DatabaseSet): DataSourceRef => ({ type: set, uid: '${datasource}' });

/** Uids of data sources that our provisioning files set up; alert rules name theirs by it. */
export const PROVISIONED_UID = { influxdb: 'holdfast-influxdb', prometheus: 'holdfast-prometheus' } as const;

/** Stable: links between dashboards, and bookmarks, are made of it. */
export const dashboardUid = (name: string, set: DatabaseSet): string =>
  set === 'influxdb' ? `holdfast-${name}` : `holdfast-${name}-prometheus`;
