import { countLetters, statusOfLetter, worstOfEach } from '../../core/report/day-letters.js';
import type { HostReport, Report } from '../../core/report/report.js';
import type { Status } from '../../core/statuses.js';
import { placeText } from '../reports/report-words.js';
import { folded } from './folded.js';
import { html, type Markup } from './markup.js';
import { endsOf, periodWord, periodsOf, type Period } from './periods.js';
import { CELL, legend, type State } from './states.js';

const SHOWN = { first: 40, atMost: 100, what: 'hosts' } as const;

/** Every host, day by day: how the worst run of any of its sources ended. */
export function hostDays({ hosts, window }: Report): Markup | undefined {
  if (hosts.length === 0) return undefined;
  const periods = periodsOf(window);
  const [from, to] = endsOf(window);
  return html`<section><h2>Hosts, day by day</h2>
<p class="note">The worst run of each ${periodWord(periods)}, over all sources of the host. Hosts with something unprotected come first.</p>
${legend(LEGEND)}
${folded(
  hosts,
  SHOWN,
  (
    some,
  ) => html`<div class="hosts"><div class="host-axis" aria-hidden="true"><span>${from}</span><span>${to}</span></div>
${some.map((host) => hostRow(host, periods))}</div>`,
)}
</section>`;
}

const LEGEND: readonly (readonly [State, string])[] = [
  ['ok', 'ok'],
  ['warning', 'with warnings'],
  ['failed', 'failed'],
  ['held', 'held for a person'],
  ['skipped', 'skipped'],
  ['cancelled', 'cancelled'],
  ['none', 'no run'],
];

function hostRow(host: HostReport, periods: readonly Period[]): Markup {
  const letters = periods.map(({ from, to }) => worstOfEach([...host.days.slice(from, to)]));
  const told = tallyText(host.days);
  const width = periods.length * CELL.width;
  return html`<div class="host"><span class="host-name">${placeText(host)}</span><svg class="strip" viewBox="0 0 ${width} ${CELL.height}" preserveAspectRatio="none" role="img" aria-label="${placeText(host)}: ${told}">${letters.map(
    (letter, index) => {
      const state = stateOf(letter);
      return html`<g><title>${periods[index]?.name}: ${WORDS[state]}</title><use href="#c-${state}" x="${index * CELL.width}"/></g>`;
    },
  )}</svg><span class="host-tally">${told}</span></div>\n`;
}

const stateOf = (letter: string): Status | 'none' => statusOfLetter(letter) ?? 'none';

const WORDS: Readonly<Record<Status | 'none', string>> = {
  ok: 'ok',
  warning: 'with warnings',
  failed: 'failed',
  held: 'held',
  skipped: 'skipped',
  cancelled: 'cancelled',
  none: 'no run',
};

/** `27 ok, 2 failed, 1 no run`: how many days ended so. */
function tallyText(letters: string): string {
  const counts = countLetters(letters);
  return (['ok', 'warning', 'failed', 'held', 'skipped', 'cancelled', 'none'] as const)
    .map((state) => ({ state, count: counts.get(state === 'none' ? undefined : state) ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${WORDS[state]}`)
    .join(', ');
}
