import type { AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard';
import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { type DatabaseSet, dataSourceOf } from './database-set.js';
import { InfluxqlQueryBuilder } from './influxql-query.js';
import { HOST, OF_HOST } from './selection.js';

/**
 * Failures of hosts as marks in every graph.
 * InfluxDB's columns have names of their own: Grafana takes `backup_host.NAME` for a tag's column if a tag's name is anywhere in it, and `host` is.
 *
 * @param chosenHosts there is a variable `host`: of the hosts chosen only
 */
export const failureAnnotation = (
  set: DatabaseSet,
  { chosenHosts }: { readonly chosenHosts: boolean },
): { build: () => AnnotationQuery } => {
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
          query: `SELECT "failure_type" AS "why", "failure_message" AS "what", "host" AS "who" FROM "backup_host" WHERE ${chosenHosts ? OF_HOST : '$timeFilter'} AND "status" = 'failed'`,
          resultFormat: 'table',
          fromAnnotations: true,
          textEditor: true,
          textColumn: 'what',
          tagsColumn: 'who,why',
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
              `sum by (host, source) (increase(holdfast_runs_total${chosenHosts ? HOST.replace('}', `, ${FAILED}}`) : `{${FAILED}}`}[$__interval])) > 0`,
            )
            .interval('10m')
            .range(),
        )
        .titleFormat('{{host}} {{source}} failed')
        .tagKeys('host,source');
  }
  return { build: () => withoutPlacement(builder.build()) };
};

const FAILED = 'outcome="failed"';

/** The SDK puts annotations into a menu, which only the newest Grafana has. */
const withoutPlacement = ({ placement: _, ...annotation }: AnnotationQuery): AnnotationQuery => annotation;
