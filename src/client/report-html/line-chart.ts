import type { ReportWindow } from '../../core/report/window.js';
import { axisOf, textOf, type Unit } from './axis.js';
import { daysAxis, FRAME, gridOf, plotHeight, plotWidth, round } from './bar-chart.js';
import { figures } from './data-table.js';
import { html, type Markup } from './markup.js';
import { periodsOf } from './periods.js';

export interface Line {
  readonly name: string;
  readonly className: string;
  /** One for each period; null: not known. */
  readonly values: readonly (number | null)[];
}

interface LineChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly window: ReportWindow;
  readonly lines: readonly Line[];
}

/** Lines over days. Where nothing is known a line has a gap; a day that stands alone is a dot. */
export function lineChart({ id, title, unit, window, lines }: LineChart): Markup {
  const periods = periodsOf(window);
  const axis = axisOf(
    lines.flatMap(({ values }) => values.filter((value) => value !== null)),
    unit,
  );
  const at = (index: number, value: number): readonly [number, number] => [
    round(FRAME.left + ((index + 0.5) / periods.length) * plotWidth),
    round(FRAME.top + plotHeight - (axis.max === 0 ? 0 : (value / axis.max) * plotHeight)),
  ];
  const description = lines.map(({ name, values }) => `${name}: ${lastText(values, unit)}`).join('; ');
  return html`<svg viewBox="0 0 ${FRAME.width} ${FRAME.height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
${gridOf(axis)}${lines.map(({ values, className }) => html`<path d="${pathOf(values, at)}" class="${className}"/>`)}${lines.map(
  ({ name, values, className }) =>
    values.map((value, index) => {
      if (value === null) return undefined;
      const [x, y] = at(index, value);
      return html`<g><title>${periods[index]?.name}, ${name}: ${textOf(value, unit)}</title><circle cx="${x}" cy="${y}" r="${isAlone(values, index) ? 2.5 : 1.6}" class="dot ${className}"/></g>`;
    }),
)}${daysAxis(window)}</svg>
<ul class="legend">${lines.map(({ name, className }) => html`<li><svg viewBox="0 0 18 8" width="18" height="8" aria-hidden="true"><path d="M1 4H17" class="${className}"/></svg> ${name}</li>`)}</ul>
${figures(
  ['Day (UTC)', ...lines.map(({ name }) => name)],
  periods.map(({ name }, index) => [name, ...lines.map(({ values }) => valueText(values[index] ?? null, unit))]),
)}`;
}

function pathOf(
  values: readonly (number | null)[],
  at: (index: number, value: number) => readonly [number, number],
): string {
  return values
    .map((value, index) => {
      if (value === null) return '';
      const begins = (values[index - 1] ?? null) === null;
      return `${begins ? 'M' : 'L'}${at(index, value).join(' ')}`;
    })
    .join('');
}

const isAlone = (values: readonly (number | null)[], index: number): boolean =>
  (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;

const valueText = (value: number | null, unit: Unit): string => (value === null ? '–' : textOf(value, unit));
const lastText = (values: readonly (number | null)[], unit: Unit): string =>
  valueText(values.findLast((value) => value !== null) ?? null, unit);
