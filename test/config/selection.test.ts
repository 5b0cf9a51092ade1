import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createCachedLoader } from '../../src/config/cache.js';
import { configPlaces, findConfig, loadConfig, parseConfig } from '../../src/config/load.js';
import { selectHost, selectHosts, selectSource } from '../../src/config/selection.js';
import type { Selection } from '../../src/core/plan.js';

const { hosts } = parseConfig(
  `
config: {backup_base: /b}
hosts:
  web1: {tags: [web], paths: [{path: /etc}, {path: /www, tags: [content]}]}
  web2: {tags: [web], paths: [{path: /etc}]}
  db: {paths: [{path: /data, tags: [content]}]}
`,
  'f',
);
const taken = (selection: Partial<Selection>): string[] =>
  selectHosts(hosts, { hosts: [], sources: [], tags: [], ...selection }).flatMap(({ name, sources }) =>
    sources.map((source) => `${name}:${source.name}`),
  );

const folder = mkdtempSync(join(tmpdir(), 'holdfast-select-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('an empty selection takes all, in the file’s order', () => {
  expect(taken({})).toEqual(['web1:etc', 'web1:www', 'web2:etc', 'db:data']);
});

test('hosts, sources and tags narrow each other, and hosts without a source left are left out', () => {
  expect(taken({ hosts: ['db', 'web1'] })).toEqual(['web1:etc', 'web1:www', 'db:data']);
  expect(taken({ sources: ['etc'] })).toEqual(['web1:etc', 'web2:etc']);
  expect(taken({ tags: ['content'] })).toEqual(['web1:www', 'db:data']);
  expect(taken({ tags: ['web'], sources: ['www'] })).toEqual(['web1:www']);
});

test.each([
  [{ hosts: ['wbe1'] }, 'HostNotInConfig', 'There is no host "wbe1"; did you mean "web1"?'],
  [
    { hosts: ['web2'], sources: ['www'] },
    'SourceNotInConfig',
    'None of the hosts web2 has a source named "www"; there is etc',
  ],
  [{ sources: ['dta'] }, 'SourceNotInConfig', 'No host has a source named "dta"; did you mean "data"?'],
  [{ tags: ['contnt'] }, 'SourceNotInConfig', 'No host has a source with the tag "contnt"; did you mean "content"?'],
  [{ tags: ['content'], sources: ['etc'] }, 'SourceNotInConfig', 'No source matches sources etc and tags content.'],
])('%j is refused: a mistyped name must not make an empty run that looks good', (selection, type, message) => {
  expect(() => taken(selection)).toThrow(expect.objectContaining({ type, message }));
});

test('one host and one source are found by name', () => {
  const host = selectHost(hosts, 'web1', { hosts: [], sources: ['www'], tags: [] });
  expect(host.sources.map(({ name }) => name)).toEqual(['www']);
  expect(() => selectSource(host, 'ww')).toThrow('Host web1 has no source "ww"; did you mean "www"?.');
});

test('the first configuration of the usual places is taken; a named one must exist', async () => {
  const places = configPlaces({ XDG_CONFIG_HOME: '/x', HOME: '/h' });
  expect(places).toEqual(['/x/holdfast/config.yaml', '/etc/holdfast/config.yaml', '/etc/backup/backup.yaml']);
  expect(configPlaces({ XDG_CONFIG_HOME: 'relative', HOME: '/h' })[0]).toBe('/h/.config/holdfast/config.yaml');
  const [first, second] = [join(folder, '1.yaml'), join(folder, '2.yaml')];
  writeFileSync(second, '');
  expect(await findConfig(undefined, {}, [first, second])).toBe(second);
  await expect(findConfig(first)).rejects.toMatchObject({ type: 'ConfigNotFound' });
  await expect(findConfig(undefined, {}, [first])).rejects.toThrow(`looked for ${first}`);
});

test('a file is parsed again when it has changed, and only then', async () => {
  let parses = 0;
  const load = createCachedLoader((path) => {
    parses += 1;
    return loadConfig(path);
  });
  const file = join(folder, 'cached.yaml');
  const write = (host: string) => {
    writeFileSync(`${file}.new`, `config: {backup_base: /b}\nhosts: {${host}: {paths: [{path: /a}]}}\n`);
    renameSync(`${file}.new`, file);
  };
  write('a');
  await Promise.all([load(file), load(file)]);
  expect((await load(file)).hosts[0]?.name).toBe('a');
  expect(parses).toBe(1);
  write('b');
  expect((await load(file)).hosts[0]?.name).toBe('b');
  expect(parses).toBe(2);
  rmSync(file);
  await expect(load(file)).rejects.toMatchObject({ type: 'ConfigNotFound' });
});
