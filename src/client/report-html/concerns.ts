import { concernOf, type Concern, type Report } from '../../core/report/report.js';
import type { SourceReport } from '../../core/report/source-report.js';
import { everyText, placeText, stateWord, whyText } from '../reports/report-words.js';
import { listTable } from './data-table.js';
import { folded } from './folded.js';
import { type Content, html, type Markup, unbroken } from './markup.js';
import { momentOrNever } from './moments.js';
import { badge, type State } from './states.js';

const SHOWN = { first: 25, atMost: 200, what: 'sources' } as const;
/** From so many on one wants to know what they have in common. */
const MANY = 10;

/** What wants a person: sources that are not protected, and those whose last run did not end well. */
export const concerns = (report: Report): Markup =>
  html`${section(report, 'unprotected', 'Not protected')}${section(report, 'to look at', 'To be looked at')}`;

function section({ sources, window: { untilMs } }: Report, concern: Concern, title: string): Markup | undefined {
  const own = sources.filter((source) => concernOf(source) === concern);
  if (own.length === 0) return undefined;
  return html`<section><h2>${title}</h2>
${own.length < MANY ? undefined : html`<p class="note">${causesText(own)}</p>`}
${folded(own, SHOWN, (some) =>
  listTable(
    title,
    ['Source', 'State', 'Last backup', 'Expected', 'Why'],
    some.map((source) => [
      placeText(source),
      stateBadge(source),
      momentOrNever(source.lastSuccessAtMs, untilMs),
      unbroken(everyText(source.expectEveryMs)),
      why(source, untilMs),
    ]),
  ),
)}</section>`;
}

const why = (source: SourceReport, nowMs: number): Content =>
  html`${whyText(source, nowMs)}${source.failure === undefined ? undefined : html` <span class="dim">${source.failure.type}</span>`}`;

/** `12 HostUnreachable, 3 never backed up`: the most frequent first. */
function causesText(sources: readonly SourceReport[]): string {
  const counts = new Map<string, number>();
  for (const source of sources) {
    const cause = source.failure?.type ?? stateWord(source);
    counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  return [...counts]
    .sort(([one, count], [other, otherCount]) => otherCount - count || (one < other ? -1 : 1))
    .map(([cause, count]) => `${count.toLocaleString('en')} ${cause}`)
    .join(', ');
}

export const stateBadge = (source: SourceReport): Markup => badge(stateOf(source), stateWord(source));

const stateOf = ({ unprotected, status }: SourceReport): State => unprotected ?? status ?? 'none';
