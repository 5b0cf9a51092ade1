import { errorCountsText } from '../../core/errors/error-types.js';
import { FAILURES, isFailureType } from '../../core/failures.js';
import { FAILURES_AT_MOST, type FailureReport } from '../../core/report/failures.js';
import type { Report } from '../../core/report/report.js';
import { lineText, placeText, utcText } from '../reports/report-words.js';
import { folded } from './folded.js';
import { html, type Markup, withCode } from './markup.js';
import { moment } from './moments.js';
import { badge } from './states.js';

const SHOWN = { first: 12, atMost: FAILURES_AT_MOST, what: 'failures and warnings' } as const;

/** What went wrong, why, and what to do about it; the newest first. */
export function failures({ days, failures: told, failuresTotal, window: { untilMs } }: Report): Markup {
  if (told.length === 0) {
    const ran = days.some(({ ended }) => Object.values(ended).some((count) => count > 0));
    return html`<section><h2>Failures and warnings</h2><p>${ran ? 'Nothing went wrong' : 'No run ended'} on these days.</p></section>`;
  }
  return html`<section><h2>Failures and warnings</h2>
<p class="note">The newest first. What repeats is told once, with the last one’s words.</p>
${folded(told, SHOWN, (some) => some.map((one) => failure(one, untilMs)))}${beyond(failuresTotal - told.length)}
</section>`;
}

/** Not even the report has them. */
const beyond = (count: number): Markup | undefined =>
  count <= 0 ? undefined : html`<p class="note">${count.toLocaleString('en')} older ones are not told.</p>`;

function failure(one: FailureReport, nowMs: number): Markup {
  const { status, type, message, evidence, errorCounts, count, firstAtMs, lastAtMs } = one;
  const errors = errorCountsText(errorCounts);
  const repeated = count === 1 ? undefined : html` · ${count.toLocaleString('en')} times since ${utcText(firstAtMs)}`;
  // A newer worker may know types that this program does not.
  const action = type === undefined || !isFailureType(type) ? undefined : FAILURES[type].action;
  return html`<article><h3>${badge(status, status)} ${placeText(one)}${type === undefined ? undefined : html` <span class="dim">${type}</span>`}</h3>
<p class="dim">${moment(lastAtMs, nowMs)}${repeated}${errors === '' ? undefined : html` · errors: ${errors}`}</p>
${message === '' ? undefined : html`<p class="said">${lineText(message)}</p>`}${
  evidence.length === 0
    ? undefined
    : html`<pre tabindex="0" aria-label="What the programs said">${evidence.map(lineText).join('\n')}</pre>`
}${action === undefined ? undefined : html`<p class="action"><span aria-hidden="true">→ </span>${withCode(action)}</p>`}</article>\n`;
}
