import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import type { DashboardLink, Panel, ThresholdsConfig, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { type DatabaseSet, dataSourceOf } from '../database-set.js';
import { type Queries, type Shape, targetsOf } from '../targets.js';

/** A panel of a dashboard, as both sets have it. */
export interface PanelPlan {
  readonly queries: Queries;
  readonly build: (set: DatabaseSet) => Builder<Panel>;
}

/** What every panel says of itself. */
export interface PanelText {
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly description: string;
  /** Of 24 columns, and in rows. */
  readonly width: number;
  readonly height: number;
  readonly queries: Queries;
  readonly unit: string;
  readonly thresholds: ThresholdsConfig;
  readonly mappings?: readonly ValueMapping[];
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  /** `1d`: looks at the last day, whatever the dashboard shows. */
  readonly timeFrom?: string;
  readonly links?: readonly DashboardLink[];
}

/** What the SDK's panel builders, one class for each kind, have in common. */
interface CommonBuilder {
  title(title: string): this;
  description(text: string): this;
  datasource(ref: DataSourceRef): this;
  withTarget(target: Builder<Dataquery>): this;
  span(width: number): this;
  height(height: number): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  min(min: number): this;
  max(max: number): this;
  mappings(mappings: ValueMapping[]): this;
  thresholds(thresholds: Builder<ThresholdsConfig>): this;
  timeFrom(timeFrom: string): this;
  hideTimeOverride(hide: boolean): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
}

export function begin<B extends CommonBuilder>(builder: B, text: PanelText, set: DatabaseSet, shape: Shape): B {
  builder
    .title(text.title)
    .description(text.description)
    .datasource(dataSourceOf(set))
    .span(text.width)
    .height(text.height)
    .unit(text.unit)
    .thresholds({ build: () => text.thresholds });
  for (const target of targetsOf(set, text.queries, shape)) builder.withTarget(target);
  if (text.mappings !== undefined) builder.mappings([...text.mappings]);
  if (text.decimals !== undefined) builder.decimals(text.decimals);
  if (text.min !== undefined) builder.min(text.min);
  if (text.max !== undefined) builder.max(text.max);
  if (text.timeFrom !== undefined && set === 'influxdb') builder.timeFrom(text.timeFrom).hideTimeOverride(true);
  if (text.links !== undefined) builder.dataLinks(text.links.map((link) => ({ build: () => link })));
  return builder;
}

/** One setting of a field that stands out from the panel's own. */
export const property = (id: string, value: unknown): { readonly id: string; readonly value: unknown } => ({
  id,
  value,
});
