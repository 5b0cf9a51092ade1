import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runCli, runJson, type RunningCli, startUp, stopUp } from '../support/cli.js';
import { startPageBrowser } from '../support/page-browser.js';
import { loginOf } from '../support/loopback-login.js';

/** A picture of the fleet without Grafana, through `bin/holdfast`, from a real run. */
let directory: string;
let host: LoopbackHost;
let up: RunningCli;
const path = (name: string): string => join(directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });
const report = (...words: string[]) => runCli(['--config', path('holdfast.yaml'), 'report', ...words], environment());
const holdfast = (...words: string[]) => runJson(['--config', path('holdfast.yaml'), ...words], environment());

const configure = (): Promise<void> =>
  writeFile(
    path('holdfast.yaml'),
    stringify({
      config: { backup_base: path('mirrors') },
      destinations: { vault: { type: 'local', path: path('vault') } },
      hosts: {
        web1: {
          ...loginOf(host),
          expect_every: '1d',
          paths: [
            { path: path('www'), dest_subdir: 'www', engine: 'archive', destination: 'vault' },
            { path: path('not-mounted'), dest_subdir: 'data' },
          ],
        },
      },
    }),
  );

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-reported-'));
  for (const name of ['sshd', 'mirrors', 'vault', 'www']) await mkdir(path(name), { mode: 0o700 });
  await writeFile(path('www/index'), 'www as it was\n');
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  await configure();
  up = await startUp(environment());
});

afterAll(async () => {
  await stopUp(up, path('state'));
  await host.stop();
  await rm(directory, { recursive: true, force: true });
});

test('before the first run it says plainly that nothing was backed up', async () => {
  const told = await report();
  expect([told.exit, told.stderr]).toEqual([0, '']);
  expect(told.stdout).toMatch(/^✗ Nothing was backed up yet \(/);
  const { exit, summary } = await holdfast('report');
  expect(exit).toBe(0);
  expect(summary).toMatchObject({ counts: { sources: 2, unprotected: 2, nothingYet: true }, exit_code: 0 });
});

test('after a run with one good and one failed source it names the failed one first, why, and the other as protected', async () => {
  expect((await holdfast('backup')).exit).toBe(1);

  const told = await report();
  expect(told.exit, told.stderr).toBe(0);
  const [headline, , , head, first] = told.stdout.split('\n');
  expect(headline).toMatch(/^✗ 1 of 2 sources is not protected \(/);
  expect(head).toMatch(/^SOURCE +STATE +LAST BACKUP +EXPECTED +WHY$/);
  expect(first).toMatch(/^web1:data +never backed up +never +every 24 h +.*not-mounted/);

  const json = await holdfast('report', '--days', '7');
  expect(json.of('source')).toMatchObject([
    { host: 'web1', source: 'data', unprotected: 'never', status: 'failed', failure: { type: 'SourceMissing' } },
    { host: 'web1', source: 'www', status: 'ok', engine: 'archive' },
  ]);
  expect(json.of('day')).toHaveLength(7);
  expect(json.of('failure')).toMatchObject([{ host: 'web1', source: 'data', type: 'SourceMissing', count: 1 }]);
  const stored = json.of('day').reduce((sum, { storedBytes }) => sum + Number(storedBytes), 0);
  expect(stored).toBeGreaterThan(0);
  expect(json.of('host')).toMatchObject([{ host: 'web1', sources: 2, unprotected: 1, storedBytes: stored }]);
  expect(json.summary).toMatchObject({ days: 7, counts: { sources: 2, unprotected: 1 } });
});

test('as a page it is one file that a browser shows without asking anybody', async () => {
  const written = await report('--html', path('report.html'));
  expect(written).toMatchObject({
    exit: 0,
    stdout: '',
    stderr: `1 of 2 sources is not protected. Wrote ${path('report.html')}.\n`,
  });
  expect(await report('--html', path('report.html'), '--quiet')).toEqual({ exit: 0, stdout: '', stderr: '' });
  const page = await readFile(path('report.html'), 'utf8');
  const piped = await report('--html', '-');
  expect(piped.stdout.slice(0, 60)).toBe(page.slice(0, 60));
  expect(piped.stdout.trimEnd().endsWith('</html>')).toBe(true);

  const browser = await startPageBrowser();
  try {
    const { seen, requests, complaints } = await browser.look(page, { width: 360 }, async (opened) => ({
      headline: await opened.locator('h1').innerText(),
      kicker: await opened.locator('.kicker').textContent(),
      sources: await opened.locator('main section').first().locator('tbody th').allTextContents(),
      reason: await opened.locator('article').first().innerText(),
    }));
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
    expect(seen).toMatchObject({ headline: '✗ 1 of 2 sources is not protected', sources: ['web1:data'] });
    // A sign beyond ASCII that stands in the page's own text.
    expect(seen.kicker).toBe(`Holdfast report · ${path('holdfast.yaml')}`);
    expect(seen.reason).toContain('SourceMissing');
  } finally {
    await browser.close();
  }
});

test('what it cannot do it says, and overwrites nothing that is no page', async () => {
  await symlink(path('holdfast.yaml'), path('link.html'));
  const refused = await report('--html', path('link.html'));
  expect([refused.exit, refused.stderr]).toMatchObject([1, expect.stringContaining('ReportNotWritten')]);
  expect(await readFile(path('holdfast.yaml'), 'utf8')).toContain('hosts:');
  for (const words of [
    ['--days', '0'],
    ['--days', '367'],
    ['--html', ''],
    ['--html', '-', '--json'],
  ]) {
    expect((await report(...words)).exit, words.join(' ')).toBe(2);
  }
});

test('when the source is back and backed up, all is green', async () => {
  await mkdir(path('not-mounted'));
  await writeFile(path('not-mounted/file'), 'here again\n');
  expect((await holdfast('backup')).exit).toBe(0);
  const told = await report();
  expect(told.stdout).toMatch(/^✓ All 2 sources are protected \(/);
  const { failures } = (await holdfast('report')).summary;
  expect(failures).toBe(1);
});
