import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { manualTables, mappings } from './manual.js';

const MANUAL = fileURLToPath(new URL('../../docs/configuration.md', import.meta.url));
const text = readFileSync(MANUAL, 'utf8');

test('every key of the schema has a title, a description and, unless it holds a mapping, an example', () => {
  const poor: string[] = [];
  for (const [at, { properties = {} }] of mappings()) {
    for (const [key, { title, description, examples, properties: inner }] of Object.entries(properties)) {
      if (!title || !description || (!examples?.length && !inner)) poor.push(`${at}.${key}`);
    }
  }
  expect(poor).toEqual([]);
});

test('the manual describes every key of the schema in the schema’s own words', async () => {
  const [head, rest = ''] = text.split(/(?<=<!-- begin: .* -->\n)/);
  const tail = rest.slice(rest.indexOf('<!-- end -->'));
  await expect(`${head}\n${manualTables()}\n\n${tail}`).toMatchFileSnapshot(MANUAL);
});

test('the manual’s example is valid, and says itself what rsync gets', () => {
  const example = /```yaml\n(.*?)```/s.exec(text)?.[1] ?? '';
  const { hosts, schedules } = parseConfig(example, 'example.yaml');
  expect(hosts[0]?.sources[1]).toMatchObject({
    name: 'www',
    rsyncOptions: ['-z', '--bwlimit=10m'],
    exclude: ['/cache/', '*.tmp'],
  });
  expect(hosts[1]?.sources.map(({ engine, destination }) => [engine, destination.name])).toEqual([
    ['archive', 'offsite'],
    ['mirror', 'backup_base'],
  ]);
  expect(schedules).toHaveLength(2);
});
