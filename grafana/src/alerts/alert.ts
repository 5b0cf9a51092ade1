/** What is told to people, by Grafana from InfluxDB and by Prometheus: the same alerts by the same names. */
export interface AlertPlan {
  /** In its uid, and its name in Prometheus: `failed` is `HoldfastFailed`. */
  readonly name: string;
  readonly title: string;
  readonly severity: 'critical' | 'warning';
  /** What has happened; `<host>`, `<source>` and `<destination>` are its labels. */
  readonly summary: string;
  /** What it means and what to do. */
  readonly description: string;
  /** `5m`: as long as it has to hold. */
  readonly for: string;
  /** The dashboard and its panel that show it. */
  readonly shownBy: { readonly dashboard: string; readonly panel: string };
  readonly grafana: GrafanaCondition;
  readonly promql: string;
}

/** InfluxQL, and what is reckoned with its figures. */
export interface GrafanaCondition {
  readonly queries: readonly GrafanaAlertQuery[];
  /** Of Grafana's expressions: true or not 0 fires. Each query's newest figure by its name: `$state`. */
  readonly math: string;
  /** What no answer means; a failed query is told by the rule of `Alerting` alone. `OK` for states: a Holdfast that says nothing has an alert of its own. */
  readonly noData: 'OK' | 'Alerting';
}

export interface GrafanaAlertQuery {
  readonly name: string;
  readonly influxql: string;
  /** Looks at the time from so many seconds ago to so many seconds ago. */
  readonly fromSeconds: number;
  readonly toSeconds?: number;
}
