import { fleetText } from '../../../src/providers/metrics/prometheus.js';
import { DAY_MS, type Month } from './month.js';

const HOUR_MS = 3_600_000;
/** Labels that Prometheus puts to what it scrapes. */
const SCRAPED = 'instance="backup:9464",job="holdfast"';

/** What Prometheus would hold of a month, had it scraped the worker once an hour: OpenMetrics text with times. */
export async function pastScrapes(month: Month): Promise<string> {
  const texts: string[] = [];
  for (let atMs = month.nowMs - 35 * DAY_MS; atMs <= month.nowMs; atMs += HOUR_MS) {
    const health = month.healthAt(atMs);
    const now = { configValid: true, catalogUp: true };
    const text = await fleetText({ version: '1.0.0', configured: health.sources, health, now });
    texts.push(samples(text, atMs));
  }
  return texts.join('');
}

const samples = (text: string, atMs: number): string =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `${withLabels(line)} ${atMs / 1_000}\n`)
    .join('');

const withLabels = (line: string): string =>
  line.includes('{') ? line.replace('{', `{${SCRAPED},`) : line.replace(' ', `{${SCRAPED}} `);
