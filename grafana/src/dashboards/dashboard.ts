import type { Dashboard, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { DashboardBuilder, DashboardCursorSync, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { failureAnnotation } from '../annotations.js';
import { type DatabaseSet, dashboardUid } from '../database-set.js';
import { dashboardLink } from '../links.js';
import type { PanelPlan } from '../panels/panel.js';
import { laidOut } from './layout.js';
import { type VariableName, variablesOf } from '../variables.js';

export interface DashboardPlan {
  /** In its uid and its file's name. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** `now-7d`: what it shows when it is opened. */
  readonly from: string;
  readonly variables: readonly VariableName[];
  readonly rows: readonly RowPlan[];
}

export interface RowPlan {
  readonly title: string;
  readonly panels: readonly PanelPlan[];
}

/** @param others all dashboards: each leads to the others */
export function buildDashboard(
  plan: DashboardPlan,
  set: DatabaseSet,
  others: readonly Pick<DashboardPlan, 'name' | 'title'>[],
): Dashboard {
  const builder = new DashboardBuilder(titleOf(plan.title, set))
    .uid(dashboardUid(plan.name, set))
    .description(plan.description)
    .tags(['holdfast', 'backup'])
    .time({ from: plan.from, to: 'now' })
    .refresh('1m')
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variablesOf(set, plan.variables).map((variable: VariableModel) => ({ build: () => variable })))
    .annotation(failureAnnotation(set, { chosenHosts: plan.variables.includes('host') }))
    .links(
      others
        .filter(({ name }) => name !== plan.name)
        .map(({ name, title }) => ({ build: () => dashboardLink(name, title, set) })),
    );
  for (const row of plan.rows) addRow(builder, row, set);
  const dashboard = builder.build();
  return { ...dashboard, id: null, panels: laidOut(dashboard.panels ?? []) };
}

const titleOf = (title: string, set: DatabaseSet): string =>
  set === 'influxdb' ? `Holdfast: ${title}` : `Holdfast: ${title} (Prometheus)`;

function addRow(builder: DashboardBuilder, { title, panels }: RowPlan, set: DatabaseSet): void {
  const there = panels.filter(({ queries }) => queries[set] !== undefined);
  if (there.length === 0) return;
  builder.withRow(new RowBuilder(title));
  for (const panel of there) builder.withPanel(panel.build(set));
}
