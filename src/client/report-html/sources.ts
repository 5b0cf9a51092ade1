import type { Report } from '../../core/report/report.js';
import { bytesText, countText } from '../output.js';
import { everyText, placeText } from '../reports/report-words.js';
import { stateBadge } from './concerns.js';
import { listTable } from './data-table.js';
import { folded } from './folded.js';
import { html, type Markup, unbroken } from './markup.js';
import { momentOrNever } from './moments.js';

const SHOWN = { first: 25, atMost: 200, what: 'sources' } as const;

/** All sources, the worst first: how often a backup of each is expected, and what there is. */
export function sources({ sources: all, counts, window: { untilMs } }: Report): Markup | undefined {
  if (all.length === 0) return undefined;
  return html`<section><h2>Sources</h2>
${folded(all, SHOWN, (some) =>
  listTable(
    'Sources',
    ['Source', 'State', 'Last backup', 'Expected', 'Last proof', 'Copies', 'Kept as'],
    some.map((source) => [
      placeText(source),
      stateBadge(source),
      momentOrNever(source.lastSuccessAtMs, untilMs),
      unbroken(everyText(source.expectEveryMs)),
      momentOrNever(source.lastProofAtMs, untilMs),
      source.sizeBytes === undefined ? '–' : unbroken(bytesText(source.sizeBytes)),
      `${source.engine} → ${placeText({ host: source.destination })}`,
    ]),
  ),
)}
${unexpected(counts.withoutExpectation)}</section>`;
}

const unexpected = (count: number): Markup | undefined =>
  count === 0
    ? undefined
    : html`<p class="note">${countText(count, 'source')} can never be overdue: no schedule takes ${count === 1 ? 'it' : 'them'}, and <code>expect_every</code> is not set, or is never.</p>`;
