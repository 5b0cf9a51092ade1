import type { VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  DatasourceVariableBuilder,
  IntervalVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type DatabaseSet, dataSourceOf } from './database-set.js';

export const QUERIED_VARIABLES = ['host', 'source', 'destination'] as const;
export type QueriedVariable = (typeof QUERIED_VARIABLES)[number];
export type VariableName = QueriedVariable | 'interval';

/**
 * What can be chosen, from the state of the fleet: sources that never had a backup are in it too. Which sources depends on the hosts chosen.
 * InfluxDB's `SHOW TAG VALUES` knows no times that both versions obey: what was taken out of the configuration stays in the list for as long as its points.
 */
const CHOICES: Readonly<Record<DatabaseSet, Readonly<Record<QueriedVariable, string>>>> = {
  influxdb: {
    host: 'SHOW TAG VALUES FROM "backup_state" WITH KEY = "host"',
    source: 'SHOW TAG VALUES FROM "backup_state" WITH KEY = "source" WHERE "host" =~ /^${host:regex}$/',
    destination: 'SHOW TAG VALUES FROM "backup_state" WITH KEY = "destination"',
  },
  prometheus: {
    host: 'label_values(holdfast_unprotected, host)',
    source: 'label_values(holdfast_unprotected{host=~"$host"}, source)',
    destination: 'label_values(holdfast_unprotected, destination)',
  },
};

export const variablesOf = (set: DatabaseSet, names: readonly VariableName[]): VariableModel[] => [
  new DatasourceVariableBuilder('datasource')
    .label('Database')
    .description('The data source that Holdfast’s metrics are in')
    .type(set)
    .build(),
  ...names.map((name) => (name === 'interval' ? interval() : choice(set, name))),
];

const choice = (set: DatabaseSet, name: QueriedVariable): VariableModel =>
  new QueryVariableBuilder(name)
    .label(name.charAt(0).toUpperCase() + name.slice(1))
    .datasource(dataSourceOf(set))
    .query(CHOICES[set][name])
    .definition(CHOICES[set][name])
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] })
    .build();

/** At least an hour: states are written every ten minutes, and an interval without one would look like an outage. */
const interval = (): VariableModel =>
  new IntervalVariableBuilder('interval')
    .label('Interval')
    .description('What graphs add up or take together')
    .values('1h,6h,1d,7d')
    .auto(true)
    .minInterval('1h')
    .stepCount(60)
    .current({ selected: true, text: 'auto', value: '$__auto_interval_interval' })
    .build();
