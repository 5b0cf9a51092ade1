import type { AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard';
import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { type DatabaseSet, dataSourceOf } from './database-set.js';
import { InfluxqlQueryBuilder } from './influxql-query.js';
import { OF_HOST, HOST } from './selection.js';

/** Failures of hosts as marks in every graph. */
export const failureAnnotation = (set: DatabaseSet): { build: () => AnnotationQuery } => {
  const builder = new AnnotationQueryBuilder()
    .name('Failures')
    .datasource(dataSourceOf(set))
    .enable(true)
    .iconColor('red');
  switch (set) {
    case 'influxdb':
      builder.target(
        new InfluxqlQueryBuilder({
          refId: 'Failures',
          datasource: dataSourceOf(set),
          query: `SELECT "failure_type", "failure_message", "host" FROM "backup_host" WHERE ${OF_HOST} AND "status" = 'failed'`,
          resultFormat: 'table',
          fromAnnotations: true,
          textEditor: true,
          textColumn: 'failure_message',
          tagsColumn: 'host,failure_type',
        }),
      );
      break;
    case 'prometheus':
      // The sample at which the count went up, not each one since.
      builder
        .target(
          new DataqueryBuilder()
            .refId('Failures')
            .datasource(dataSourceOf(set))
            .expr(
              `sum by (host, source) (increase(holdfast_runs_total${HOST.replace('}', ', outcome="failed"}')}[$__interval])) > 0`,
            )
            .interval('10m')
            .range(),
        )
        .titleFormat('{{host}} {{source}} failed')
        .tagKeys('host,source');
  }
  return { build: () => withoutPlacement(builder.build()) };
};

/** The SDK puts annotations into a menu, which only the newest Grafana has. */
const withoutPlacement = ({ placement: _, ...annotation }: AnnotationQuery): AnnotationQuery => annotation;
