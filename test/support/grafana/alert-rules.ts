import type { QueryTable } from '../../../src/providers/metrics/metrics-database.js';
import { evaluated } from './alert-math.js';

/** Provisioned alert rules, and how Grafana evaluates them. */
export interface AlertFile {
  readonly apiVersion: number;
  readonly groups: readonly {
    readonly name: string;
    readonly folder: string;
    readonly interval: string;
    readonly rules: readonly AlertRule[];
  }[];
}

export interface AlertRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly data: readonly AlertData[];
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly noDataState: 'OK' | 'Alerting' | 'NoData';
  readonly execErrState: string;
  readonly for: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

interface AlertData {
  readonly refId: string;
  readonly relativeTimeRange: { readonly from: number; readonly to: number };
  readonly datasourceUid: string;
  readonly model: {
    readonly refId: string;
    readonly query?: string;
    readonly type?: 'reduce' | 'math';
    readonly expression?: string;
    readonly reducer?: string;
  };
}

/** One firing alert's labels; '' of each that it has not. */
export type FiringLabels = Readonly<Record<string, string>>;

/** @param ask InfluxQL, filled in, to its answer */
export async function firing(
  rule: AlertRule,
  nowMs: number,
  ask: (influxql: string) => Promise<readonly QueryTable[]>,
): Promise<FiringLabels[]> {
  const series = new Map<string, readonly QueryTable[]>();
  const figures = new Map<string, Map<string, number>>();
  for (const { refId, model, relativeTimeRange, datasourceUid } of rule.data) {
    if (datasourceUid !== '__expr__') {
      const [from, to] = [nowMs - 1_000 * relativeTimeRange.from, nowMs - 1_000 * relativeTimeRange.to];
      series.set(refId, await ask((model.query ?? '').replace('$timeFilter', `time >= ${from}ms and time <= ${to}ms`)));
    } else if (model.type === 'reduce') figures.set(refId, newest(series.get(model.expression ?? '') ?? []));
    else if (refId === rule.condition) return conditionMet(rule, model.expression ?? '', figures);
  }
  throw new Error(`${rule.uid} has no condition`);
}

/** A reduction to the last figure of each series. */
const newest = (tables: readonly QueryTable[]): Map<string, number> =>
  new Map(
    tables.map(({ tags, rows }) => {
      const figure = rows.at(-1)?.at(-1);
      return [JSON.stringify(tags), typeof figure === 'number' ? figure : NaN] as const;
    }),
  );

/** Series of several queries belong together by their labels; one without a partner has no result. */
function conditionMet(
  rule: AlertRule,
  expression: string,
  figures: ReadonlyMap<string, ReadonlyMap<string, number>>,
): FiringLabels[] {
  const names = [...figures.keys()];
  const known = [...(figures.get(names[0] ?? '')?.keys() ?? [])].filter((labels) =>
    names.every((name) => figures.get(name)?.has(labels)),
  );
  if (known.length === 0) return rule.noDataState === 'Alerting' ? [{}] : [];
  return known
    .filter((labels) => {
      const values = Object.fromEntries(names.map((name) => [name, figures.get(name)?.get(labels) ?? NaN] as const));
      return evaluated(expression, values) !== 0;
    })
    .map((labels) => JSON.parse(labels) as FiringLabels);
}
