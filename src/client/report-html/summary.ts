import type { Report } from '../../core/report/report.js';
import { dayStartMs } from '../../core/report/window.js';
import { countText } from '../output.js';
import { dayText, headline, isBad, remark, utcText } from '../reports/report-words.js';
import { html, type Markup } from './markup.js';

/** The answer first: is anything unprotected? */
export function summary(report: Report, configPath: string): Markup {
  const { counts, window } = report;
  const bad = isBad(counts);
  const said = remark(counts);
  return html`<header>
<p class="kicker">Holdfast report · <span class="path">${configPath}</span></p>
<h1 class="${bad ? 'bad' : 'good'}"><span aria-hidden="true">${bad ? '✗' : '✓'}</span> ${headline(counts)}</h1>
${said === '' ? undefined : html`<p class="lede">${said}</p>`}
<p class="dim">As of ${utcText(window.untilMs)} · ${countText(window.days, 'day')}, ${dayText(dayStartMs(window, 0))} to ${dayText(window.untilMs)} · all days and times are UTC</p>
</header>`;
}
