import type { DaySums } from '../../core/report/day-sums.js';
import type { Report } from '../../core/report/report.js';
import type { Status } from '../../core/statuses.js';
import { textOf, type Unit } from './axis.js';
import { barChart } from './bar-chart.js';
import { html, type Markup } from './markup.js';
import { periodsOf, periodWord, sumsOf, type Period } from './periods.js';

/** What all sources together did, day by day. */
export function trends(report: Report): Markup {
  const { days, window } = report;
  const periods = periodsOf(window);
  const per = periodWord(periods);
  if (days.every(({ ended }) => Object.values(ended).every((count) => count === 0)))
    return html`<section><h2>Trends</h2><p>No run ended on these days.</p></section>`;
  return html`<section><h2>Trends</h2><div class="charts">
${outcomes(report, periods, per)}
${sumChart({ id: 'stored', title: `Stored per ${per}`, unit: 'bytes', of: ({ storedBytes }) => storedBytes }, report, periods)}
${sumChart({ id: 'duration', title: `Time that sources took per ${per}`, unit: 'time', of: ({ durationMs }) => durationMs }, report, periods)}
${sumChart({ id: 'errors', title: `Errors per ${per}`, unit: 'count', of: ({ errors }) => errors }, report, periods)}
</div></section>`;
}

const OUTCOMES: readonly (readonly [Status, string])[] = [
  ['ok', 'ok'],
  ['warning', 'with warnings'],
  ['skipped', 'skipped'],
  ['cancelled', 'cancelled'],
  ['held', 'held'],
  ['failed', 'failed'],
];

function outcomes({ days, window }: Report, periods: readonly Period[], per: string): Markup {
  const series = OUTCOMES.map(([status, name]) => {
    const values = sumsOf(
      periods,
      days.map(({ ended }) => ended[status]),
    );
    return { name, className: `b-${status}`, values };
  }).filter(({ name, values }) => name === 'ok' || values.some((value) => value > 0));
  const sum = series.map(({ name, values }) => `${textOf(total(values), 'count')} ${name}`).join(', ');
  return barChart({ id: 'outcomes', title: `Runs of sources per ${per}`, sum, unit: 'count', window, series });
}

interface SumChart {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly of: (day: DaySums) => number;
}

function sumChart({ id, title, unit, of }: SumChart, { days, window }: Report, periods: readonly Period[]): Markup {
  const values = sumsOf(periods, days.map(of));
  const series = [{ name: title, className: 'b-sum', values }];
  return barChart({ id, title, sum: `${textOf(total(values), unit)} in all`, unit, window, series });
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
