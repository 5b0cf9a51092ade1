import type { Report } from '../../core/report/report.js';
import { bytesText, countText } from '../output.js';
import { html, type Markup } from './markup.js';

/** What the days came to, in four figures. */
export function tiles({ counts, days, failuresTotal }: Report): Markup {
  const runs = days.flatMap(({ ended }) => Object.values(ended)).reduce((sum, count) => sum + count, 0);
  const good = days.reduce((sum, { ended }) => sum + ended.ok + ended.warning, 0);
  const stored = days.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  return html`<dl class="tiles">
${tile(number(good), runs === 0 ? 'backups: no run ended' : `backups, of ${countText(runs, 'run')} of sources`)}
${tile(bytesText(stored), 'stored by them')}
${tile(number(failuresTotal), 'different failures and warnings')}
${tile(`${number(counts.sources - counts.neverProven)} of ${number(counts.sources)}`, 'sources proven by a restore')}
</dl>`;
}

const tile = (value: string, name: string): Markup => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
const number = (count: number): string => count.toLocaleString('en');
