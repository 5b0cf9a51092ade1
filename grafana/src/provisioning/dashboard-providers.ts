import type { DatabaseSet } from '../database-set.js';

/** Where the dashboards are to lie on Grafana's machine. */
const DASHBOARDS_DIRECTORY = '/etc/grafana/holdfast/dashboards';

export const dashboardProvider = (set: DatabaseSet): unknown => ({
  apiVersion: 1,
  providers: [
    {
      name: `holdfast-${set}`,
      orgId: 1,
      folder: 'Holdfast',
      type: 'file',
      disableDeletion: false,
      allowUiUpdates: false,
      updateIntervalSeconds: 60,
      options: { path: `${DASHBOARDS_DIRECTORY}/${set}` },
    },
  ],
});
