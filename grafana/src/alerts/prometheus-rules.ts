import { ALERTS } from './all.js';

/** The same alerts for Prometheus' own rule files. */
export const prometheusRules = (): unknown => ({
  groups: [
    {
      name: 'holdfast',
      interval: '1m',
      rules: ALERTS.map(({ name, promql, for: holds, severity, summary, description }) => ({
        alert: `Holdfast${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        expr: promql,
        for: holds,
        labels: { severity, service: 'holdfast' },
        annotations: { summary: summary.replaceAll(/<(\w+)>/g, '{{ $labels.$1 }}'), description },
      })),
    },
  ],
});
