import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** What is committed below `grafana/`, as Grafana and Prometheus read it. */
const ROOT = fileURLToPath(new URL('../../../grafana', import.meta.url));

export const committedPath = (path: string): string => join(ROOT, path);
export const committedText = (path: string): Promise<string> => readFile(committedPath(path), 'utf8');
export const committedYaml = async <Content>(path: string): Promise<Content> =>
  parse(await committedText(path)) as Content;
export const committedDashboard = async (set: string, name: string): Promise<CommittedDashboard> =>
  JSON.parse(await committedText(`dashboards/${set}/${name}.json`)) as CommittedDashboard;

export const DASHBOARD_NAMES = ['fleet', 'host', 'storage', 'worker'] as const;

export interface CommittedDashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly CommittedPanel[];
  readonly templating: { readonly list: readonly CommittedVariable[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly target: CommittedTarget }[] };
  readonly links: readonly { readonly url: string; readonly title: string }[];
}

export interface CommittedPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly CommittedTarget[];
  /** `1d` */
  readonly timeFrom?: string;
  readonly transformations?: readonly { readonly id: string; readonly options: unknown }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly thresholds?: unknown };
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: unknown };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

export interface CommittedTarget {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  /** InfluxQL. */
  readonly query?: string;
  readonly resultFormat?: string;
  /** InfluxQL's annotations: columns, several with commas. */
  readonly textColumn?: string;
  readonly tagsColumn?: string;
  /** PromQL. */
  readonly expr?: string;
  readonly range?: boolean;
}

export interface CommittedVariable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly allValue?: string;
}

/** Panels that ask something; rows do not. */
export const askingPanels = ({ panels }: CommittedDashboard): readonly CommittedPanel[] =>
  panels.filter(({ type }) => type !== 'row');
