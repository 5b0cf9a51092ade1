import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { listHosts, loadHost } from '../../src/activities/plan.js';
import type { ActivityControl, Providers } from '../../src/activities/activity-control.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));
const configPath = join(folder, 'config.yaml');
const hosts = Array.from(
  { length: 5 },
  (_, index) => `  h${index}: {tags: [t${index % 2}], paths: [{path: /a}, {path: /b}]}`,
);
writeFileSync(configPath, `config: {backup_base: /base, lock_file: /x}\nhosts:\n${hosts.join('\n')}\n`);

// Neither is touched: a plan comes from the file alone.
const [providers, control] = [{} as Providers, {} as ActivityControl];
const all = { hosts: [], sources: [], tags: [] };

test('hosts come in pages, with the total and the notes of the configuration', async () => {
  const page = (offset: number) => listHosts(providers, control, { configPath, selection: all, offset, limit: 2 });
  expect(await page(0)).toMatchObject({ hosts: ['h0', 'h1'], total: 5, notes: [expect.stringContaining('lock_file')] });
  expect(await page(4)).toMatchObject({ hosts: ['h4'], total: 5 });
  expect(await page(6)).toMatchObject({ hosts: [], total: 5 });
});

test('a selection counts before the pages', async () => {
  const selection = { ...all, tags: ['t1'] };
  expect(await listHosts(providers, control, { configPath, selection, offset: 1, limit: 10 })).toMatchObject({
    hosts: ['h3'],
    total: 2,
  });
});

test('a host is loaded with the sources selected of it', async () => {
  const host = await loadHost(providers, control, { configPath, host: 'h2', selection: { ...all, sources: ['b'] } });
  expect(host.sources.map(({ name }) => name)).toEqual(['b']);
});

test('unknown names and files fail with their own types', async () => {
  const list = (over: object) =>
    listHosts(providers, control, { configPath, selection: all, offset: 0, limit: 9, ...over });
  await expect(list({ selection: { ...all, hosts: ['h9'] } })).rejects.toMatchObject({ type: 'HostNotInConfig' });
  await expect(list({ selection: { ...all, sources: ['c'] } })).rejects.toMatchObject({ type: 'SourceNotInConfig' });
  await expect(list({ configPath: join(folder, 'none.yaml') })).rejects.toMatchObject({ type: 'ConfigNotFound' });
  await expect(loadHost(providers, control, { configPath, host: 'h9', selection: all })).rejects.toMatchObject({
    type: 'HostNotInConfig',
  });
});
