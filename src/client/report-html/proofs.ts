import type { Report } from '../../core/report/report.js';
import type { SourceReport } from '../../core/report/source-report.js';
import { DAY_MS } from '../../core/report/window.js';
import { countText } from '../output.js';
import { placeText } from '../reports/report-words.js';
import { listTable } from './data-table.js';
import { html, type Markup } from './markup.js';
import { moment } from './moments.js';

const OLDEST = 10;

/** Which sources were proven by a restore, and how long ago. */
export function proofs({ sources, window: { untilMs } }: Report): Markup | undefined {
  if (sources.length === 0) return undefined;
  const ageOf = ({ lastProofAtMs }: SourceReport): number =>
    lastProofAtMs === undefined ? Number.POSITIVE_INFINITY : (untilMs - lastProofAtMs) / DAY_MS;
  const proven = sources
    .filter(({ lastProofAtMs }) => lastProofAtMs !== undefined)
    .sort((one, other) => ageOf(other) - ageOf(one));
  const rows = AGES.map(([name, fromDays, toDays]) => ({
    name,
    count: sources.filter((source) => ageOf(source) > fromDays && ageOf(source) <= toDays).length,
  })).filter(({ count }) => count > 0);
  return html`<section><h2>Proofs by restore</h2>
<dl class="ages">${rows.map(
    ({ name, count }) =>
      html`<div><dt>${name}</dt><dd><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${Math.max(0.5, Math.round((count / sources.length) * 1000) / 10)}" height="8" class="b-sum"/></svg> <span>${countText(count, 'source')}</span></dd></div>`,
  )}</dl>
${
  proven.length === 0
    ? html`<p>No backup was ever proven by a restore: <code>holdfast drill</code> does.</p>`
    : listTable(
        'The oldest proofs',
        ['Source', 'Last proof'],
        proven.slice(0, OLDEST).map((source) => [placeText(source), moment(source.lastProofAtMs ?? 0, untilMs)]),
      )
}${proven.length > OLDEST ? html`<p class="note">The ${OLDEST} oldest are listed.</p>` : undefined}</section>`;
}

/** Days; the first bound is not included. A clock that was put back makes proofs of the future. */
const AGES: readonly (readonly [name: string, from: number, to: number])[] = [
  ['within 7 days', Number.NEGATIVE_INFINITY, 7],
  ['8 to 30 days ago', 7, 30],
  ['31 to 90 days ago', 30, 90],
  ['longer ago', 90, Number.MAX_VALUE],
  ['never', Number.MAX_VALUE, Number.POSITIVE_INFINITY],
];
