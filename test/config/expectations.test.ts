import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Hours by `host:source`. */
function expectations(schedules: string, { config = '', host = '', path = '' } = {}): Record<string, number> {
  const text = `config: {backup_base: /b${config}}
hosts:
  web1: {tags: [web]${host}, paths: [{path: /etc${path}}, {path: /www, tags: [data]}]}
  db1: {paths: [{path: /etc}]}
${schedules === '' ? '' : `schedules:\n${schedules}`}`;
  return Object.fromEntries(
    parseConfig(text, 'f').expectations.map(({ host: name, source, everyMs }) => [`${name}:${source}`, everyMs / HOUR]),
  );
}

describe('how often a backup is expected', () => {
  test('is what the schedules say of each source: of several the most frequent', () => {
    expect(
      expectations(`  nightly: {cron: "30 2 * * *"}
  weekly: {cron: "@weekly", full: true}
  data: {every: 6h, tags: [data]}
  web: {cron: "0 */12 * * *", hosts: [web1], sources: [etc]}`),
    ).toEqual({ 'web1:etc': 12, 'web1:www': 6, 'db1:etc': 24 });
  });

  test('is nothing where no schedule backs up, or only a paused one', () => {
    expect(expectations('')).toEqual({});
    expect(
      expectations(`  tidy: {every: 1h, action: prune}
  look: {every: 1h, action: verify}
  paused: {every: 1h, paused: true}
  never: {cron: "0 0 31 2 *"}
  etc: {every: 2h, sources: [etc]}`),
    ).toEqual({ 'web1:etc': 2, 'db1:etc': 2 });
  });

  test('is what expect_every says, from the nearest place, whatever the schedules say', () => {
    const nightly = '  nightly: {cron: "30 2 * * *"}';
    const all = { 'web1:etc': 24, 'web1:www': 24, 'db1:etc': 24 };
    expect(expectations(nightly, { path: ', expect_every: 7d' })).toEqual({ ...all, 'web1:etc': 168 });
    expect(expectations(nightly, { host: ', expect_every: 2d', path: ', expect_every: 1h' })).toEqual({
      ...all,
      'web1:etc': 1,
      'web1:www': 48,
    });
    expect(expectations('', { config: ', expect_every: 36h', host: ', expect_every: never' })).toEqual({
      'db1:etc': 36,
    });
  });

  test('stands in the effective settings, and travels in no plan', () => {
    const { hosts, effective } = parseConfig(
      'config: {backup_base: /b, expect_every: 7d}\nhosts: {h: {paths: [{path: /x}]}}',
      'f',
    );
    expect(effective).toContainEqual({
      path: ['hosts', 'h', 'sources', 'x', 'expect_every'],
      value: '7d',
      origins: [{ from: 'file', line: 1, inheritedFrom: 'config' }],
    });
    expect(JSON.stringify(hosts)).not.toMatch(/expect/i);
  });

  test.each(['30s', '3651d', 'daily', '-1h', '[]'])('%s is a mistake', (written) => {
    expect(() => expectations('', { path: `, expect_every: ${written}` })).toThrow(/f:3:\d+: .*expect_every/);
  });
});

test('a thousand hosts of many schedules are resolved at once', () => {
  const hosts = Array.from({ length: 1_000 }, (_, index) => `  h${index}: {paths: [{path: /x}, {path: /y}]}`);
  const schedules = Array.from({ length: 30 }, (_, index) => `  s${index}: {cron: "0 0 ${index + 1} * *"}`);
  const text = `config: {backup_base: /b}\nhosts:\n${hosts.join('\n')}\nschedules:\n${schedules.join('\n')}`;
  const found = parseConfig(text, 'f').expectations;
  expect(found).toHaveLength(2_000);
  expect(new Set(found.map(({ everyMs }) => everyMs))).toEqual(new Set([31 * DAY]));
});
