import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';

const waitsOf = (text: string): (number | undefined)[] =>
  parseConfig(text, 'f').hosts.map(({ waitForHostMs }) => waitForHostMs);

test('wait_for_host is that of the host, else of config; 0s takes it back, and by default there is none', () => {
  const hosts =
    'hosts: {a: {wait_for_host: 6h, paths: [{path: /x}]}, b: {paths: [{path: /x}]}, c: {wait_for_host: 0s, paths: [{path: /x}]}}';
  expect(waitsOf(`config: {backup_base: /b, wait_for_host: 30m}\n${hosts}`)).toEqual([
    21_600_000,
    1_800_000,
    undefined,
  ]);
  expect(waitsOf(`config: {backup_base: /b}\n${hosts}`)).toEqual([21_600_000, undefined, undefined]);
});

test.each(['8d', 'soon', 'true', '-1h'])('wait_for_host: %s is refused', (value) => {
  const text = `config: {backup_base: /b, wait_for_host: ${value}}\nhosts: {a: {paths: [{path: /x}]}}`;
  expect(() => parseConfig(text, 'f')).toThrow(/write/);
});

const rsyncOnly = (path: string, host = ''): string =>
  `config: {backup_base: /b, scripts_dir: /s}\nhosts: {a: {rsync_only: true, ${host}paths: [{path: /x, ${path}}]}}`;

test('rsync_only goes with what rsync does by itself', () => {
  const [host] = parseConfig(rsyncOnly('exclude: ["*.iso"], one_file_system: true'), 'f').hosts;
  expect(host?.rsyncOnly).toBe(true);
  const [other] = parseConfig(
    'config: {backup_base: /b}\nhosts: {a: {rsync_only: false, paths: [{path: /x}]}}',
    'f',
  ).hosts;
  expect(other).not.toHaveProperty('rsyncOnly');
});

test.each([
  'engine: archive',
  'freeze: btrfs',
  'pre_script: stop',
  'marker: .mounted',
  'max_file_size: 1GiB',
  'exclude_if_present: [.nobackup]',
  'exclude_caches: true',
])('%s is refused on a host with rsync_only', (line) => {
  expect(() => parseConfig(rsyncOnly(line), 'f')).toThrow(/rsync_only; take it out, or rsync_only/);
});

test('a script that runs on the worker is no command on the host', () => {
  expect(() => parseConfig(rsyncOnly('pre_script: stop, run_on: worker'), 'f')).not.toThrow();
});
