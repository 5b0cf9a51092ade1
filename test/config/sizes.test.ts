import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';

const settingsOf = (line: string) =>
  parseConfig(`config: {backup_base: /b${line}}\nhosts: {h: {paths: [{path: /x}]}}`, 'f').settings;

test('the time to measure a directory is ten minutes, or what config says', () => {
  expect(settingsOf('').sizeScanLimitMs).toBe(600_000);
  expect(settingsOf(', size_scan_limit: 2h').sizeScanLimitMs).toBe(7_200_000);
  expect(settingsOf(', size_scan_limit: 90').sizeScanLimitMs).toBe(90_000);
});

test.each(['size_scan_limit: 0', 'size_scan_limit: 8d', 'size_scan_limit: soon'])('%s is refused', (line) => {
  expect(() => settingsOf(`, ${line}`)).toThrow(/1s|write for instance/);
});
