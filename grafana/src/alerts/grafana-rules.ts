import { TypeMathBuilder, TypeReduceBuilder } from '@grafana/grafana-foundation-sdk/expr';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardUid, PROVISIONED_UID } from '../database-set.js';
import { InfluxqlQueryBuilder } from '../influxql-query.js';
import { ALERTS } from './all.js';
import type { AlertPlan, GrafanaAlertQuery } from './alert.js';

/**
 * Alert rules of Grafana's own, on InfluxDB, as its provisioning reads them.
 * Texts name labels without a dollar sign: provisioning would take what follows it for an environment variable. In queries it leaves it alone.
 *
 * @param dashboards by their names, for the panels that rules lead to
 */
export const grafanaRules = (dashboards: ReadonlyMap<string, Dashboard>): unknown => ({
  apiVersion: 1,
  groups: [
    {
      orgId: 1,
      name: 'holdfast',
      folder: 'Holdfast',
      interval: '5m',
      rules: ALERTS.map((alert) => ruleOf(alert, dashboards)),
    },
  ],
});

function ruleOf(alert: AlertPlan, dashboards: ReadonlyMap<string, Dashboard>): unknown {
  const { queries, math, noData } = alert.grafana;
  const dashboard = dashboardUid(alert.shownBy.dashboard, 'influxdb');
  const panel = panelOf(alert, dashboards);
  return {
    uid: `holdfast-${alert.name}`,
    title: alert.title,
    condition: 'fires',
    data: [...queries.flatMap(queryAndFigure), { refId: 'fires', ...EXPRESSION, model: mathOf(math) }],
    dashboardUid: dashboard,
    panelId: panel,
    noDataState: noData,
    // A database that does not answer is one alert, not one of each rule with the words of a failed backup.
    execErrState: noData === 'Alerting' ? 'Error' : 'OK',
    for: alert.for,
    annotations: {
      summary: worded(alert.summary),
      description: alert.description,
      // Notifications and the list of rules take their links from these, not from the fields above.
      __dashboardUid__: dashboard,
      __panelId__: String(panel),
    },
    labels: { severity: alert.severity, service: 'holdfast' },
    isPaused: false,
  };
}

const EXPRESSION = { relativeTimeRange: { from: 0, to: 0 }, datasourceUid: '__expr__' } as const;
const EXPRESSIONS = { type: '__expr__', uid: '__expr__' } as const;

/** The query, and its newest figure under the name that the condition knows. */
function queryAndFigure({ name, influxql, fromSeconds, toSeconds = 0 }: GrafanaAlertQuery): unknown[] {
  const refId = `${name}_series`;
  const datasource = { type: 'influxdb', uid: PROVISIONED_UID.influxdb };
  const query = new InfluxqlQueryBuilder({ refId, datasource, query: influxql, resultFormat: 'time_series' }).build();
  const last = new TypeReduceBuilder().refId(name).datasource(EXPRESSIONS).expression(refId).reducer('last').build();
  return [
    {
      refId,
      relativeTimeRange: { from: fromSeconds, to: toSeconds },
      datasourceUid: datasource.uid,
      model: plain(query),
    },
    { refId: name, ...EXPRESSION, model: plain(last) },
  ];
}

const mathOf = (expression: string): unknown =>
  plain(new TypeMathBuilder().refId('fires').datasource(EXPRESSIONS).expression(expression).build());

/** Without the method by which the SDK tells queries from other things. */
const plain = (query: Dataquery): unknown => JSON.parse(JSON.stringify(query)) as unknown;

const worded = (text: string): string => text.replaceAll(/<(\w+)>/g, '{{ .Labels.$1 }}');

function panelOf({ shownBy }: AlertPlan, dashboards: ReadonlyMap<string, Dashboard>): number {
  const id = dashboards.get(shownBy.dashboard)?.panels?.find(({ title }) => title === shownBy.panel)?.id;
  if (id === undefined) throw new Error(`no panel "${shownBy.panel}" in ${shownBy.dashboard}`);
  return id;
}
