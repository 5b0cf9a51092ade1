import { expect, test } from 'vitest';
import { ConfigInvalidError, parseConfig } from '../../src/config/load.js';
import type { SnapshotPlan } from '../../src/core/snapshots/snapshots.js';

const configured = (snapshots: string, rest = '') =>
  parseConfig(
    `config: {backup_base: /share/backup}\nhosts: {web1: {paths: [{path: /etc}, {path: /home/www, dest_subdir: home/www}]}}\nsnapshots: ${snapshots}\n${rest}`,
    'f',
  );
const plansOf = (snapshots: string): (SnapshotPlan | undefined)[] =>
  configured(snapshots).hosts.flatMap(({ sources }) => sources.map((source) => source.snapshots));
const rules = '[{type: daily, count: 7}]';

test('one volume counts for the mirrors below it', () => {
  const plan = { volume: '/share', method: 'auto', rules: [{ kind: 'daily', count: 7 }] };
  expect(plansOf(`{volume: /share/, schedules: ${rules}}`)).toEqual([plan, plan]);
});

test('of several volumes the innermost counts', () => {
  const plans = plansOf(
    `[{volume: /, schedules: ${rules}}, {volume: /share/backup/web1/home, method: reflink, schedules: [{type: hourly, count: 6, interval: 4h}]}]`,
  );
  expect(plans).toEqual([
    { volume: '/', method: 'auto', rules: [{ kind: 'daily', count: 7 }] },
    {
      volume: '/share/backup/web1/home',
      method: 'reflink',
      rules: [{ kind: 'hourly', count: 6, intervalMs: 14_400_000 }],
    },
  ]);
});

test('a volume is a directory, not the beginning of a name', () => {
  const { hosts, notes } = configured(`{volume: /share/back, schedules: ${rules}}`);
  expect(hosts.flatMap(({ sources }) => sources.map((source) => source.snapshots))).toEqual([undefined, undefined]);
  expect(notes).toContain('snapshots: no mirror lies below /share/back, so none are made there.');
});

test('a rule without type is called after its interval', () => {
  expect(
    plansOf('{volume: /share, schedules: [{interval: 6h, count: 4}, {interval: 90m, count: 2}]}')[0]?.rules,
  ).toEqual([
    { kind: 'every-6h', count: 4, intervalMs: 21_600_000 },
    { kind: 'every-90m', count: 2, intervalMs: 5_400_000 },
  ]);
});

test('archives have none', () => {
  const { hosts } = parseConfig(
    `config: {backup_base: /share, engine: archive}\nhosts: {h: {paths: [{path: /etc}]}}\nsnapshots: {volume: /share, schedules: ${rules}}`,
    'f',
  );
  expect(hosts[0]?.sources[0]?.snapshots).toBeUndefined();
});

test('which snapshots a mirror has stands among its effective settings', () => {
  const { effective } = configured(
    '{volume: /share, schedules: [{type: hourly, count: 6, interval: 14400}, {type: daily, count: 7}]}',
  );
  expect(effective).toContainEqual({
    path: ['hosts', 'web1', 'sources', 'etc', 'snapshots'],
    value: 'hourly 6 (every-4h), daily 7',
    origins: [expect.objectContaining({ from: 'file', line: 3 })],
  });
});

test.each([
  ['true', 'f:3:12: snapshots: true cannot stand here; write a mapping with volume and schedules, or a list of such'],
  ['[]', 'f:3:12: snapshots: the list is empty'],
  ['{volume: share, schedules: [{type: daily, count: 7}]}', '"share" is not an absolute path'],
  [
    `[{volume: /share, schedules: ${rules}}, {volume: b, schedules: ${rules}}]`,
    'snapshots[1].volume: "b" is not an absolute path',
  ],
  ['{volume: /share, schedules: [null]}', 'there is no value; write a mapping'],
  ['{volume: /share, schedules: [~, 5]}', '5 is not a mapping'],
  ['{volume: /share}', 'snapshots.schedules: this is missing'],
  ['{volume: /share, schedules: [{count: 7}]}', 'type and interval are both missing; write type'],
  ['{volume: /share, schedules: [{type: daili, count: 7}]}', 'did you mean "daily"?'],
  ['{volume: /share, schedules: [{interval: 5s, count: 7}]}', 'out of range; write 1m to'],
  ['{volume: /share, schedules: [{type: daily, count: 0}]}', 'at least 1'],
  [
    '{volume: /share, schedules: [{type: daily, count: 7}, {type: daily, count: 2, interval: 2d}]}',
    'there is a rule for daily already',
  ],
  [`[{volume: /share, schedules: ${rules}}, {volume: /share/, schedules: ${rules}}]`, '"/share" is written twice'],
  [`{volume: /share, method: zfs, schedules: ${rules}}`, 'write one of auto, btrfs, reflink, hardlink'],
  [`{volume: /share, metod: auto, schedules: ${rules}}`, 'did you mean "method"?'],
])('%s is a mistake that says where, and what to write', (written, said) => {
  expect(() => configured(written)).toThrow(ConfigInvalidError);
  try {
    configured(written);
  } catch (error) {
    expect(String(error)).toContain(said);
  }
});

test.each(['.snapshots', '.snapshots/etc'])('no source may lie at %s', (name) => {
  const text = `config: {backup_base: /b}\nhosts: {h: {paths: [{path: /etc, dest_subdir: ${name}}]}}`;
  expect(() => parseConfig(text, 'f')).toThrow('is where the snapshots of this host’s mirrors are kept');
});

test('nor one that is named after its path', () => {
  expect(() => parseConfig('config: {backup_base: /b}\nhosts: {h: {paths: [{path: /.snapshots}]}}', 'f')).toThrow(
    'write another dest_subdir',
  );
});
