import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportPage } from '../../../src/client/report-html/page.js';
import { visibleText } from '../../../src/core/entries/visible-text.js';
import type { Report } from '../../../src/core/report/report.js';
import { NOON } from '../../support/history-records.js';
import { ask, startPageBrowser, type LookOptions, type PageBrowser } from '../../support/page-browser.js';
import { reportOn, SMALL_FLEET, source } from '../../support/report-fleet.js';

/** Pages as a real browser takes them. */
let browser: PageBrowser;
beforeAll(async () => {
  browser = await startPageBrowser();
});
afterAll(() => browser.close());

const CONFIG = '/etc/holdfast/config.yaml';
const HOSTILE = [
  '<img src="http://127.0.0.1:1/x" onerror="window.pwned=1">',
  '"><script>window.pwned=1</script>',
  "' onmouseover='window.pwned=1",
  '</title></style><script>window.pwned=1</script>',
  'javascript:window.pwned=1',
  '&lt;b&gt;&amp;',
  '\u202egnp.exe\u0000\u001b[31m',
  '\ud800 half',
  'a'.repeat(253),
];
const hostileFleet = HOSTILE.map((name, number) =>
  source(name, name, {
    destination: name,
    fate: (day) =>
      day % 2 === 0
        ? { status: 'failed', failure: { type: 'RsyncFailed', message: `${name}\n${name}` }, evidence: [name, name] }
        : {},
    ...(number % 2 === 0 ? {} : { engine: 'mirror' }),
  }),
);

const REPORTS: readonly (readonly [string, Report])[] = [
  ['a small fleet', reportOn(SMALL_FLEET)],
  ['one source that never ran', reportOn([source('web1', 'etc', { fate: () => undefined })])],
  ['no source', reportOn([])],
  ['one day', reportOn(SMALL_FLEET, { untilMs: NOON, days: 1 })],
  ['a year', reportOn(SMALL_FLEET, { untilMs: NOON, days: 366 })],
  ['names from an enemy', reportOn(hostileFleet)],
];
const LOOKS: readonly Required<Pick<LookOptions, 'width' | 'colorScheme'>>[] = [1200, 360].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

const open = <Seen>(report: Report, options: LookOptions, look: (page: Page) => Promise<Seen>) =>
  browser.look(reportPage(report, CONFIG), options, look);

describe.each(REPORTS)('the page of %s', (_, report) => {
  test.each(LOOKS)(
    'asks for nothing, complains of nothing and fits into $width pixels ($colorScheme)',
    async (options) => {
      const { seen, requests, complaints } = await open(report, options, async (page) => {
        // Folded parts too.
        await ask(page, 'document.querySelectorAll("details").forEach((part) => { part.open = true; })');
        const picture = await page.screenshot({ fullPage: true });
        return { bytes: picture.length, width: await ask<number>(page, 'document.documentElement.scrollWidth') };
      });
      expect({ requests, complaints, width: seen.width }).toEqual({
        requests: [],
        complaints: [],
        width: options.width,
      });
      expect(seen.bytes).toBeGreaterThan(10_000);
    },
  );

  test('says in words, and to those who do not see, what it draws', async () => {
    const { seen } = await open(report, {}, async (page) => ({
      unnamed: await ask<string[]>(
        page,
        `[...document.querySelectorAll('svg:not([aria-hidden])')].filter((svg) => {
          const ids = (svg.getAttribute('aria-labelledby') ?? '').split(' ');
          const name = svg.getAttribute('aria-label') ?? ids.map((id) => document.getElementById(id)?.textContent).join('');
          return svg.getAttribute('role') !== 'img' || name.trim() === '';
        }).map((svg) => svg.outerHTML.slice(0, 200))`,
      ),
      missing: await ask<string[]>(
        page,
        `[...document.querySelectorAll('use')].map((use) => use.getAttribute('href'))
          .filter((shape) => document.getElementById(shape.slice(1)) === null)`,
      ),
      twice: await ask<string[]>(
        page,
        `[...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, index, all) => all.indexOf(id) !== index)`,
      ),
      bare: await page.locator('.badge:not(:has([aria-hidden]))').count(),
      levels: await ask<string[]>(page, `[...document.querySelectorAll('h1,h2,h3')].map(({ tagName }) => tagName)`),
    }));
    expect(seen).toMatchObject({ unnamed: [], missing: [], twice: [], bare: 0 });
    expect(seen.levels[0]).toBe('H1');
    expect(seen.levels.filter((level) => level === 'H1')).toHaveLength(1);
  });
});

describe('names and messages from an enemy', () => {
  test('are shown as the text that they are, and run nothing', async () => {
    const { seen } = await open(reportOn(hostileFleet), {}, async (page) => ({
      pwned: await ask<boolean>(page, `'pwned' in window`),
      elements: await page.locator('script,img,iframe,object,embed,a,[onerror],[onmouseover]').count(),
      styles: await page.locator('style').count(),
      text: await page.locator('body').innerText(),
      sources: await page.locator('section').first().locator('tbody th').allTextContents(),
      evidence: await page.locator('pre').allTextContents(),
    }));
    expect(seen).toMatchObject({ pwned: false, elements: 0, styles: 1 });
    const shown = HOSTILE.map((name) => visibleText(name));
    expect(seen.sources.toSorted()).toEqual(shown.map((name) => `${name}:${name}`).toSorted());
    for (const name of shown) expect(seen.evidence.join('\n')).toContain(name.slice(0, 190));
    expect(seen.text).not.toMatch(/[\u0000-\u0008\u001b\u202e]/);
  });

  test('would run nothing even if one of them were not escaped', async () => {
    const page = reportPage(reportOn(SMALL_FLEET), CONFIG).replace(
      '<main>',
      '<main><script>window.pwned=1</script><img src="http://127.0.0.1:1/x" onerror="window.pwned=1"><p style="position:fixed">x</p>',
    );
    const { seen, complaints } = await browser.look(page, {}, (opened) =>
      ask(
        opened,
        `({ pwned: 'pwned' in window, position: getComputedStyle(document.querySelector('main p')).position })`,
      ),
    );
    expect(seen).toEqual({ pwned: false, position: 'static' });
    expect(complaints.filter((complaint) => complaint.includes('Content Security Policy'))).toHaveLength(4);
  });
});
