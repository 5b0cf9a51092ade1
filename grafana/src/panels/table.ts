import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  TableCellDisplayMode,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type {
  DataTransformerConfig,
  DynamicConfigValue,
  ThresholdsConfig,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import type { DatabaseSet } from '../database-set.js';
import { hostLink } from '../links.js';
import { PLAIN, UNIT } from '../looks.js';
import { type Promql, refId } from '../targets.js';
import { begin, type PanelPlan, type PanelText, property } from './panel.js';

/** A column beside the tags. In InfluxQL its name is the query's alias; in PromQL each column is a query of its own. */
export interface Column {
  readonly name: string;
  readonly unit: string;
  readonly promql?: string;
  /** PromQL: not the value is shown, but this label, which is a text. */
  readonly label?: string;
  readonly thresholds?: ThresholdsConfig;
  readonly mappings?: readonly ValueMapping[];
  /** `colour`: the background has the threshold's colour; `bar`: so long as the figure is large. */
  readonly cell?: 'colour' | 'bar';
  readonly max?: number;
}

export interface TableText extends Omit<PanelText, 'queries' | 'unit' | 'thresholds'> {
  /** Tags, in the order of their columns; with `Time` in front where each row is an event. */
  readonly keys: readonly string[];
  /** Where Prometheus has other names for them. */
  readonly keysInPromql?: readonly string[];
  readonly columns: readonly Column[];
  /** One statement that gives all columns by their names; absent: InfluxDB does not know it. */
  readonly influxql?: string;
  readonly sortBy?: { readonly column: string; readonly descending: boolean };
}

export function table(text: TableText): PanelPlan {
  const asked = text.columns.filter(({ promql }) => promql !== undefined);
  const queries = {
    ...(text.influxql !== undefined && { influxdb: [{ query: text.influxql }] }),
    ...(asked.length > 0 && { prometheus: asked.map(({ promql }): Promql => ({ expr: promql ?? '' })) }),
  };
  return {
    queries,
    build: (set) => {
      const panel = begin(new PanelBuilder(), { ...text, queries, unit: UNIT.text, thresholds: PLAIN }, set, 'table');
      const there = set === 'influxdb' ? text.columns : asked;
      const keys = set === 'influxdb' ? text.keys : (text.keysInPromql ?? text.keys);
      for (const step of transformations(set, keys, there)) panel.withTransformation(step);
      for (const column of there) panel.overrideByName(column.name, propertiesOf(column));
      if (keys.includes('host')) panel.overrideByName('host', [property('links', [hostLink(set)])]);
      if (text.sortBy !== undefined)
        panel.sortBy([new TableSortByFieldStateBuilder().displayName(text.sortBy.column).desc(text.sortBy.descending)]);
      return panel;
    },
  };
}

/** The database's columns, in order and by our names; the time of an aggregate means nothing and goes. */
function transformations(
  set: DatabaseSet,
  keys: readonly string[],
  columns: readonly Column[],
): DataTransformerConfig[] {
  const sources = columns.map((column, index) => ({
    name: column.name,
    ...sourceOf(set, column, index, columns.length),
  }));
  const order = [...keys, ...sources.map(({ source }) => source)];
  const hidden = [...(keys.includes('Time') ? [] : ['Time']), ...sources.flatMap(({ hides = [] }) => hides)];
  const organize: DataTransformerConfig = {
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(hidden.map((name) => [name, true] as const)),
      indexByName: Object.fromEntries(order.map((name, index) => [name, index] as const)),
      renameByName: Object.fromEntries(
        sources.filter(({ name, source }) => name !== source).map(({ name, source }) => [source, name] as const),
      ),
      includeByName: {},
    },
  };
  return set === 'prometheus' && columns.length > 1 ? [{ id: 'merge', options: {} }, organize] : [organize];
}

/** Grafana calls the result of a table's query B `Value #B`, or `Value` where there is only one. */
function sourceOf(
  set: DatabaseSet,
  { name, label }: Column,
  index: number,
  queries: number,
): { readonly source: string; readonly hides?: readonly string[] } {
  if (set === 'influxdb') return { source: name };
  const value = queries === 1 ? 'Value' : `Value #${refId(index)}`;
  return label === undefined ? { source: value } : { source: label, hides: [value] };
}

function propertiesOf(column: Column): DynamicConfigValue[] {
  const gauge = {
    type: TableCellDisplayMode.Gauge,
    mode: BarGaugeDisplayMode.Basic,
    valueDisplayMode: BarGaugeValueMode.Color,
  };
  return [
    property('unit', column.unit),
    ...(column.thresholds === undefined ? [] : [property('thresholds', column.thresholds)]),
    ...(column.mappings === undefined ? [] : [property('mappings', column.mappings)]),
    ...(column.max === undefined ? [] : [property('min', 0), property('max', column.max)]),
    ...(column.cell === 'colour'
      ? [property('custom.cellOptions', { type: TableCellDisplayMode.ColorBackground, mode: 'basic' })]
      : []),
    ...(column.cell === 'bar' ? [property('custom.cellOptions', gauge)] : []),
  ];
}
