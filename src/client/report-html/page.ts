import { createHash } from 'node:crypto';
import type { Report } from '../../core/report/report.js';
import { headline, isBad } from '../reports/report-words.js';
import { concerns } from './concerns.js';
import { failures } from './failures.js';
import { hostDays } from './host-days.js';
import { html, Markup } from './markup.js';
import { proofs } from './proofs.js';
import { sources } from './sources.js';
import { SHAPES } from './states.js';
import { storage } from './storage.js';
import { STYLES } from './styles.js';
import { summary } from './summary.js';
import { tiles } from './tiles.js';
import { trends } from './trends.js';

/**
 * A report as one page that needs nothing but itself: no script, no network. Its policy lets a browser load nothing and run nothing, so that
 * even text that were not escaped would do nothing.
 */
export function reportPage(report: Report, configPath: string): string {
  const styles = createHash('sha256').update(STYLES).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${styles}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${headline(report.counts)} – Holdfast</title>
<link rel="icon" href="${icon(isBad(report.counts))}">
<style>${Markup.constant(STYLES)}</style>
</head>
<body>
${SHAPES}
${summary(report, configPath)}
<main>
${concerns(report)}
${tiles(report)}
${hostDays(report)}
${trends(report)}
${failures(report)}
${storage(report)}
${proofs(report)}
${sources(report)}
</main>
<footer><p>A source is protected when a good backup of it was made within one and a half times of what is expected, and its last run neither failed nor is held.</p></footer>
</body>
</html>
`;
  return page.toString();
}

/** What the browser's tab shows: red with a cross, or green with a tick. */
function icon(bad: boolean): string {
  const sign = bad ? 'M5 5 11 11M11 5 5 11' : 'M4 8.5 7 11.5 12 5';
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="${bad ? '#b4232c' : '#1b7a43'}"/><path d="${sign}" stroke="#fff" stroke-width="2" fill="none"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(drawing)}`;
}
