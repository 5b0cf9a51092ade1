import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { DataqueryBuilder, PromQueryFormat, QueryEditorMode } from '@grafana/grafana-foundation-sdk/prometheus';
import { type DatabaseSet, dataSourceOf } from './database-set.js';
import { InfluxqlQueryBuilder } from './influxql-query.js';

export interface Influxql {
  readonly query: string;
  readonly alias?: string;
}

export interface Promql {
  readonly expr: string;
  readonly legend?: string;
}

/** What a panel asks each database; a set without queries does not have the panel. */
export interface Queries {
  readonly influxdb?: readonly Influxql[];
  readonly prometheus?: readonly Promql[];
}

/** `now`: one figure of each series, as things are at the end of the time range; `over time`: graphs; `table`: as `now`, tags in columns. */
export type Shape = 'now' | 'over time' | 'table';

/** `A`, `B`, … */
export const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

export function targetsOf(set: DatabaseSet, queries: Queries, shape: Shape): Builder<Dataquery>[] {
  switch (set) {
    case 'influxdb':
      return (queries.influxdb ?? []).map(({ query, alias }, index) => influxql(query, alias, refId(index), shape));
    case 'prometheus':
      return (queries.prometheus ?? []).map((one, index) => promql(one, refId(index), shape));
  }
}

function influxql(query: string, alias: string | undefined, ref: string, shape: Shape): Builder<Dataquery> {
  return new InfluxqlQueryBuilder({
    refId: ref,
    datasource: dataSourceOf('influxdb'),
    query,
    resultFormat: shape === 'table' ? 'table' : 'time_series',
    ...(alias !== undefined && { alias }),
  });
}

function promql({ expr, legend }: Promql, ref: string, shape: Shape): Builder<Dataquery> {
  const query = new DataqueryBuilder()
    .refId(ref)
    .datasource(dataSourceOf('prometheus'))
    .editorMode(QueryEditorMode.Code)
    .expr(expr)
    .format(shape === 'table' ? PromQueryFormat.Table : PromQueryFormat.TimeSeries);
  if (legend !== undefined) query.legendFormat(legend);
  return shape === 'over time' ? query.range() : query.instant();
}
