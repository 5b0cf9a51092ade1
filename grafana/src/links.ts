import type { DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import { DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import { type DatabaseSet, dashboardUid } from './database-set.js';

const LINK: DashboardLink = {
  title: '',
  type: DashboardLinkType.Link,
  icon: 'dashboard',
  tooltip: '',
  tags: [],
  asDropdown: false,
  targetBlank: false,
  includeVars: true,
  keepTime: true,
};

/** Above a dashboard: to the other ones of its set, with the same hosts and times chosen. */
export const dashboardLink = (name: string, title: string, set: DatabaseSet): DashboardLink => ({
  ...LINK,
  title,
  url: `/d/${dashboardUid(name, set)}`,
});

/** In a table: from a row to its host and source. */
export const hostLink = (set: DatabaseSet): DashboardLink => ({
  ...LINK,
  title: 'Show this host',
  url: `/d/${dashboardUid('host', set)}?\${datasource:queryparam}&var-host=\${__data.fields.host}&\${__url_time_range}`,
});
