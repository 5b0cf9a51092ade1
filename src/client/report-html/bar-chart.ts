import type { ReportWindow } from '../../core/report/window.js';
import { axisOf, textOf, type Axis, type Unit } from './axis.js';
import { figures } from './data-table.js';
import { html, type Markup } from './markup.js';
import { endsOf, periodsOf, type Period } from './periods.js';

/** Values that stand on each other in a column. */
export interface Series {
  readonly name: string;
  /** Of the bars. */
  readonly className: string;
  /** One for each period. */
  readonly values: readonly number[];
}

interface BarChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What it comes to, beside the title. */
  readonly sum: string;
  readonly unit: Unit;
  readonly window: ReportWindow;
  readonly series: readonly Series[];
}

/** Of a drawing, in its own units; it is scaled to the width that there is. */
export const FRAME = { width: 460, height: 160, left: 78, right: 6, top: 12, bottom: 24 } as const;
export const plotWidth = FRAME.width - FRAME.left - FRAME.right;
export const plotHeight = FRAME.height - FRAME.top - FRAME.bottom;

export function barChart({ id, title, sum, unit, window, series }: BarChart): Markup {
  const periods = periodsOf(window);
  const totals = periods.map((_, index) => series.reduce((total, { values }) => total + (values[index] ?? 0), 0));
  const axis = axisOf(totals, unit);
  const highest = totals.indexOf(Math.max(...totals));
  const peak = periods[highest];
  const description = `${sum}; most on ${peak?.name}: ${textOf(totals[highest] ?? 0, unit)}`;
  return html`<figure class="chart"><figcaption>${title} <strong>${sum}</strong></figcaption>
<svg viewBox="0 0 ${FRAME.width} ${FRAME.height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
${gridOf(axis)}${periods.map((period, index) => columnOf(period, index, periods.length, axis, series, unit))}${daysAxis(window)}</svg>
${figures(
  ['Day (UTC)', ...series.map(({ name }) => name)],
  periods.map(({ name }, index) => [name, ...series.map(({ values }) => textOf(values[index] ?? 0, unit))]),
)}</figure>`;
}

function columnOf(
  { name }: Period,
  index: number,
  count: number,
  axis: Axis,
  series: readonly Series[],
  unit: Unit,
): Markup | undefined {
  const parts = series.filter(({ values }) => (values[index] ?? 0) > 0);
  if (parts.length === 0) return undefined;
  const step = plotWidth / count;
  const x = FRAME.left + index * step + step * 0.1;
  let y = FRAME.top + plotHeight;
  const bars = parts.map(({ values, className }) => {
    const height = Math.max(0.8, ((values[index] ?? 0) / axis.max) * plotHeight);
    y -= height;
    return html`<rect x="${round(x)}" y="${round(y)}" width="${round(step * 0.8)}" height="${round(height)}" class="${className}"/>`;
  });
  const told = parts.map(
    (part) => `${series.length === 1 ? '' : `${part.name} `}${textOf(part.values[index] ?? 0, unit)}`,
  );
  return html`<g><title>${name}: ${told.join(', ')}</title>${bars}</g>`;
}

/** Lines across the plot, with what they mean. */
export const gridOf = ({ max, ticks }: Axis): Markup[] =>
  ticks.map(({ value, text }) => {
    const y = round(FRAME.top + plotHeight - (max === 0 ? 0 : (value / max) * plotHeight));
    return html`<path d="M${FRAME.left} ${y}H${FRAME.width - FRAME.right}" class="grid"/><text x="${FRAME.left - 5}" y="${y + 4}" text-anchor="end">${text}</text>`;
  });

/** The first and the last day. */
export function daysAxis(window: ReportWindow): Markup {
  const [first, end] = endsOf(window);
  const y = FRAME.height - 5;
  const last =
    end === undefined
      ? undefined
      : html`<text x="${FRAME.width - FRAME.right}" y="${y}" text-anchor="end">${end}</text>`;
  return html`<text x="${FRAME.left}" y="${y}">${first}</text>${last}`;
}

export const round = (value: number): number => Math.round(value * 10) / 10;
