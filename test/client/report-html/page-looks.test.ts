import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportPage } from '../../../src/client/report-html/page.js';
import { ask, startPageBrowser, type PageBrowser } from '../../support/page-browser.js';
import { largeFleet, reportOn, SMALL_FLEET } from '../../support/report-fleet.js';

/** How a page looks to those who see otherwise, on paper, and when a fleet is large. */
let browser: PageBrowser;
beforeAll(async () => {
  browser = await startPageBrowser();
});
afterAll(() => browser.close());

const CONFIG = '/etc/holdfast/config.yaml';
const COLOURS_IN_PAGE = readFileSync(new URL('../../support/colours-in-page.js', import.meta.url), 'utf8');

interface Told {
  readonly what: string;
  readonly ratio: number;
}

/** What WCAG 2.2 asks for (AA): text 4.5 to 1, shapes 3 to 1. */
describe('colours can be told from their ground', () => {
  test.each(['light', 'dark'] as const)('%s', async (colorScheme) => {
    const page = reportPage(reportOn(SMALL_FLEET), CONFIG);
    const { seen } = await browser.look(page, { colorScheme }, (opened) =>
      ask<{ texts: Told[]; shapes: Told[] }>(opened, COLOURS_IN_PAGE),
    );
    expect(seen.texts.length).toBeGreaterThan(200);
    expect(seen.shapes.length).toBeGreaterThan(50);
    expect(seen.texts.filter(({ ratio }) => !(ratio >= 4.5))).toEqual([]);
    expect(seen.shapes.filter(({ ratio }) => !(ratio >= 3))).toEqual([]);
  });
});

test('each state has a shape of its own', async () => {
  const { seen } = await browser.look(reportPage(reportOn(SMALL_FLEET), CONFIG), {}, (page) =>
    ask<string[]>(
      page,
      `[...document.querySelectorAll('defs g')].map((shape) => shape.innerHTML.replace(/class="[^"]*"/g, ''))`,
    ),
  );
  expect(seen).toHaveLength(7);
  expect(new Set(seen).size).toBe(7);
});

test('paper is white and has all lines, whatever the screen looks like', async () => {
  const page = reportPage(reportOn(largeFleet(60, 1)), CONFIG);
  const { seen } = await browser.look(page, { colorScheme: 'dark', media: 'print', width: 800 }, async (opened) => ({
    ground: await ask<string>(opened, 'getComputedStyle(document.body).backgroundColor'),
    text: await ask<string>(opened, 'getComputedStyle(document.body).color'),
    folded: await opened.locator('details.more tbody tr').first().isVisible(),
    figures: await opened.locator('details.figures').first().isVisible(),
    pdf: (await opened.pdf({ format: 'A4', printBackground: true })).subarray(0, 5).toString(),
  }));
  expect(seen).toEqual({
    ground: 'rgb(255, 255, 255)',
    text: 'rgb(27, 35, 48)',
    folded: true,
    figures: false,
    pdf: '%PDF-',
  });
});

test('the page of 5,000 sources opens, has the worst ones, and says what it leaves out', async () => {
  const html = reportPage(reportOn(largeFleet(2_500, 2)), CONFIG);
  expect(Buffer.byteLength(html)).toBeLessThan(3_000_000);
  const { seen, complaints } = await browser.look(html, { width: 360 }, async (page) => {
    const first = page.locator('main section').first();
    return {
      headline: await page.locator('h1').innerText(),
      width: await ask<number>(page, 'document.documentElement.scrollWidth'),
      listed: await first.locator('tbody tr').count(),
      said: await first.innerText(),
    };
  });
  expect(complaints).toEqual([]);
  expect(seen).toMatchObject({ headline: '✗ 500 of 5,000 sources are not protected', width: 360, listed: 200 });
  expect(seen.said).toContain('500 SourceUnreadable');
  expect(seen.said).toContain('300 more sources are not in this page');
});
