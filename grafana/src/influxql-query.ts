import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** What Grafana's InfluxDB data source stores of a query; the SDK has no type for it. Source: InfluxQuery in its public/app/plugins/datasource/influxdb/types.ts. */
export interface InfluxqlQuery extends Dataquery {
  readonly refId: string;
  readonly datasource?: DataSourceRef;
  readonly rawQuery: true;
  /** One statement; Grafana fills in `$timeFilter` and dashboard variables. */
  readonly query: string;
  /** `time_series`: a series per column and set of tags; `table`: one table, tags are columns. */
  readonly resultFormat: 'time_series' | 'table';
  /** Name of each series: `$tag_host`, `$col`. */
  readonly alias?: string;
  /** Annotations: the columns that are shown. */
  readonly fromAnnotations?: true;
  readonly textEditor?: true;
  readonly textColumn?: string;
  readonly tagsColumn?: string;
}

export class InfluxqlQueryBuilder implements Builder<InfluxqlQuery> {
  constructor(private readonly query: Omit<InfluxqlQuery, 'rawQuery' | '_implementsDataqueryVariant'>) {}

  build(): InfluxqlQuery {
    return { ...this.query, rawQuery: true, _implementsDataqueryVariant: () => undefined };
  }
}
