import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportPage } from '../../../src/client/report-html/page.js';
import { concernOf, type Report } from '../../../src/core/report/report.js';
import { DAY_MS } from '../../../src/core/report/window.js';
import { NOON } from '../../support/history-records.js';
import { ask, startPageBrowser, type PageBrowser } from '../../support/page-browser.js';
import { reportOn, SMALL_FLEET, source } from '../../support/report-fleet.js';

/** What a page says, as a browser shows it. */
let browser: PageBrowser;
beforeAll(async () => {
  browser = await startPageBrowser();
});
afterAll(() => browser.close());

const open = async <Seen>(report: Report, look: (page: Page) => Promise<Seen>): Promise<Seen> =>
  (await browser.look(reportPage(report, '/etc/holdfast/config.yaml'), {}, look)).seen;

describe('what a page says', () => {
  const headlineOf = (report: Report) =>
    open(report, async (page) => ({
      title: await page.title(),
      headline: await page.locator('h1').innerText(),
      colour: await ask<string>(page, `getComputedStyle(document.querySelector('h1')).color`),
      first: (await page.locator('main h2').allTextContents())[0],
    }));
  const RED = 'rgb(180, 35, 44)';
  const GREEN = 'rgb(27, 122, 67)';

  test('begins with whether anything is unprotected', async () => {
    expect(await headlineOf(reportOn(SMALL_FLEET))).toEqual({
      title: '5 of 11 sources are not protected – Holdfast',
      headline: '✗ 5 of 11 sources are not protected',
      colour: RED,
      first: 'Not protected',
    });
    expect(await headlineOf(reportOn(SMALL_FLEET.slice(0, 2)))).toMatchObject({
      headline: '✓ All 2 sources are protected',
      colour: GREEN,
    });
  });

  test('is red and plain where nothing was backed up yet', async () => {
    const never = source('web1', 'etc', { fate: () => undefined });
    expect(await headlineOf(reportOn([never]))).toMatchObject({ headline: '✗ Nothing was backed up yet', colour: RED });
    const tried = source('web1', 'etc', { fate: () => ({ status: 'skipped' }) });
    expect(await headlineOf(reportOn([tried]))).toMatchObject({ headline: '✗ Nothing was backed up yet', colour: RED });
    expect(await headlineOf(reportOn([]))).toMatchObject({ headline: '✗ No sources are configured', colour: RED });
  });

  test('lists each unprotected source with why and since when, and the time zone is named', async () => {
    const report = reportOn(SMALL_FLEET);
    const seen = await open(report, async (page) => ({
      rows: await ask<string[][]>(
        page,
        `[...document.querySelector('main section').querySelectorAll('tbody tr')].map((row) =>
          [...row.children].map((cell) => cell.innerText.split(/\\s+/).join(' ')))`,
      ),
      about: await page.locator('header').innerText(),
    }));
    expect(seen.rows.map(([name]) => name)).toEqual(
      report.sources.filter((one) => concernOf(one) === 'unprotected').map(({ host, source: of }) => `${host}:${of}`),
    );
    expect(seen.rows[0]).toEqual(['new1:data', '✗ never backed up', 'never', 'every 24 h', 'no run yet']);
    expect(seen.rows[1]).toEqual([
      'db1:etc',
      '✗ overdue',
      '2026-11-17 02:00 UTC 4 d ago',
      'every 24 h',
      'no backup for 4 d, expected every 24 h; db1 did not answer on port 22 within 10 s HostUnreachable',
    ]);
    expect(seen.about).toContain('As of 2026-11-21 12:00 UTC');
    expect(seen.about).toContain('all days and times are UTC');
  });

  test('tells failures with their reason, how often, the first lines of evidence and what to do', async () => {
    const seen = await open(reportOn(SMALL_FLEET), (page) => page.locator('article').allInnerTexts());
    expect(seen[2]?.replace(/\s+/g, ' ')).toBe(
      '✗ failed web2:mail SourceUnreadable 2026-11-21 02:00 UTC 10 h ago · 2 times since 2026-11-20 02:00 UTC · errors: 24 permission ' +
        'backup@web2 may not read /srv/mail: permission denied ' +
        'rsync: [sender] opendir "/srv/mail/alice" failed: Permission denied (13) rsync: [sender] opendir "/srv/mail/bob" failed: Permission denied (13) ' +
        '→ Log in as a user who may, or let rsync run by sudo: --rsync-path="sudo rsync" in rsync_options.',
    );
  });
});

describe('charts', () => {
  /** Cells of a chart's table, by row. */
  const tableOf = (page: Page, id: string): Promise<string[][]> =>
    ask(
      page,
      `[...document.getElementById('${id}-t').closest('figure').querySelectorAll('tbody tr')].map((row) =>
        [...row.children].map((cell) => cell.textContent))`,
    );

  test('have the figures of each day, in their tables, their titles and the height of their bars', async () => {
    const report = reportOn(SMALL_FLEET);
    const seen = await open(report, async (page) => ({
      outcomes: await tableOf(page, 'outcomes'),
      errors: await tableOf(page, 'errors'),
      bars: await ask<[string, number][]>(
        page,
        `[...document.getElementById('errors-t').closest('svg').querySelectorAll('g')].map((group) =>
          [group.querySelector('title').textContent, Number(group.querySelector('rect').getAttribute('height'))])`,
      ),
    }));
    expect(seen.errors).toEqual(
      report.days.map(({ errors }, day) => [
        new Date(NOON - (29 - day) * DAY_MS).toISOString().slice(0, 10),
        String(errors),
      ]),
    );
    expect(seen.outcomes.map((row) => row.slice(1).map(Number))).toEqual(
      report.days.map(({ ended }) => [
        ended.ok,
        ended.warning,
        ended.skipped,
        ended.cancelled,
        ended.held,
        ended.failed,
      ]),
    );
    const withErrors = report.days.flatMap(({ errors }, day) =>
      errors === 0 ? [] : [[new Date(NOON - (29 - day) * DAY_MS).toISOString().slice(0, 10), errors] as const],
    );
    expect(seen.bars.map(([title]) => title)).toEqual(withErrors.map(([day, errors]) => `${day}: ${errors}`));
    const unit = Number(seen.bars[0]?.[1]) / (withErrors[0]?.[1] ?? 1);
    for (const [index, [, errors]] of withErrors.entries())
      expect(Number(seen.bars[index]?.[1])).toBeCloseTo(errors * unit, 0);
  });

  test('of hosts have a cell for each day, with what it means', async () => {
    const report = reportOn(SMALL_FLEET);
    const seen = await open(report, (page) =>
      ask<{ host: string; tally: string; shapes: string[]; titles: string[] }[]>(
        page,
        `[...document.querySelectorAll('.host')].map((row) => ({
          host: row.querySelector('.host-name').textContent,
          tally: row.querySelector('.host-tally').textContent,
          shapes: [...row.querySelectorAll('use')].map((use) => use.getAttribute('href')),
          titles: [...row.querySelectorAll('title')].map((title) => title.textContent),
        }))`,
      ),
    );
    expect(seen.map(({ host }) => host)).toEqual(report.hosts.map(({ host }) => host));
    const web2 = seen.find(({ host }) => host === 'web2');
    expect(web2?.tally).toBe('27 ok, 2 failed, 1 cancelled');
    expect(web2?.shapes.slice(-3)).toEqual(['#c-ok', '#c-failed', '#c-failed']);
    expect(web2?.titles.at(-1)).toBe('2026-11-21: failed');
    expect(web2?.titles[20]).toBe('2026-11-12: cancelled');
  });

  test('of destinations have what was measured, and gaps before', async () => {
    const report = reportOn(SMALL_FLEET);
    const seen = await open(report, (page) => tableOf(page, 'destination-1'));
    const vault = report.destinations[1];
    expect(vault).toMatchObject({ destination: 'vault', outlook: { trend: 'filling' } });
    expect(seen).toHaveLength(30);
    expect(seen[0]).toEqual(['2026-10-23', '1.09 TiB', '–']);
    expect(seen.at(-1)?.[0]).toBe('2026-11-21');
  });

  test('of a year have columns of several days, of which none is lost', async () => {
    const report = reportOn(SMALL_FLEET, { untilMs: NOON, days: 366 });
    const seen = await open(report, (page) => tableOf(page, 'outcomes'));
    expect(seen.length).toBeLessThanOrEqual(62);
    expect(seen[0]?.[0]).toMatch(/^2025-11-21 to /);
    expect(seen.at(-1)?.[0]).toMatch(/ to 2026-11-21$/);
    const ok = seen.reduce((sum, [, count]) => sum + Number(count?.replace(',', '')), 0);
    expect(ok).toBe(report.days.reduce((sum, { ended }) => sum + ended.ok, 0));
  });
});
