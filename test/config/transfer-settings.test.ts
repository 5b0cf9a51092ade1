import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import type { HostPlan } from '../../src/core/plan.js';

const hostsOf = (text: string): readonly HostPlan[] => parseConfig(text, 'f').hosts;

test('bandwidth limits are those of the host, else of config, and of each destination', () => {
  const [slow, quick, other] = hostsOf(`
config: {backup_base: /b, bandwidth_limit: 10MiB}
destinations: {offsite: {type: s3, bucket: bbb, bandwidth_limit: 500KiB}}
hosts:
  slow: {bandwidth_limit: 1MiB, paths: [{path: /x, engine: archive, destination: offsite}]}
  quick: {bandwidth_limit: none, paths: [{path: /x}]}
  other: {paths: [{path: /x}]}
`);
  const limits = [slow, quick, other].map((host) => host?.bandwidthLimitBytesPerSecond);
  expect(limits).toEqual([2 ** 20, undefined, 10 * 2 ** 20]);
  expect(slow?.sources[0]?.destination.bandwidthLimitBytesPerSecond).toBe(500 * 1024);
  expect(quick?.sources[0]?.destination.bandwidthLimitBytesPerSecond).toBeUndefined();
});

test('compression is set by path, host or config', () => {
  const [host] = hostsOf(`
config: {backup_base: /b, compress: worker, compression_long: true}
hosts:
  h:
    store_types: [mp4]
    paths: [{path: /x}, {path: /y, compress: 'off', compression_long: 31, store_types: []}, {path: /z, compression_long: false}]
`);
  expect(
    host?.sources.map(({ archive }) => [archive.compress, archive.compressionLongLog, archive.storeTypes]),
  ).toEqual([
    ['worker', 27, ['mp4']],
    ['off', 31, []],
    ['worker', undefined, ['mp4']],
  ]);
});

test.each([
  'bandwidth_limit: 5',
  'bandwidth_limit: fast',
  'compression_long: 12',
  'compress: never',
  'store_types: [.gz]',
])('%s is refused', (line) => {
  expect(() => hostsOf(`config: {backup_base: /b, ${line}}\nhosts: {h: {paths: [{path: /x}]}}`)).toThrow(
    /write|at least/,
  );
});

const LEVELS = `
config: {backup_base: /b, rsync_options: "-avz --timeout=30 --exclude=all", min_rate: 5MB, max_sessions: 4}
hosts:
  h:
    rsync_options: "--no-z --timeout 60 --exclude=host"
    rsync_path: sudo rsync
    min_speedup: 3
    max_logins: 1
    paths:
      - {path: /plain}
      - {path: /near, rsync_options: [-z, --include=near], rsync_path: /opt/rsync, min_rate: none, slow_transfer: warning}
      - {path: /option, rsync_options: --rsync-path=rsync3}
      - {path: /archive, engine: archive}
`;

test('rsync’s options come together so that the nearer place wins', () => {
  const [host] = hostsOf(LEVELS);
  const [plain, near, option] = host?.sources ?? [];
  expect(plain?.rsyncOptions).toEqual([
    ...['-a', '--verbose', '--timeout=30', '--no-z', '--timeout', '60'],
    ...['--exclude=host', '--exclude=all'],
  ]);
  expect(near?.rsyncOptions).toEqual([
    ...['-a', '--verbose', '--timeout=30', '--timeout', '60', '-z'],
    ...['--include=near', '--exclude=host', '--exclude=all'],
  ]);
  expect([plain, near, option].map((source) => source?.rsyncPath)).toEqual(['sudo rsync', '/opt/rsync', 'rsync3']);
});

test('what transfers are expected to be, and how many sessions a host takes, is set by path, host or config', () => {
  const [host] = hostsOf(LEVELS);
  const [plain, near] = host?.sources ?? [];
  expect(plain?.transferExpectations).toEqual({ minRateBytesPerSecond: 5_000_000, minSpeedup: 3, status: 'note' });
  expect(near?.transferExpectations).toEqual({ minSpeedup: 3, status: 'warning' });
  expect(host?.ssh).toMatchObject({ maxSessions: 4, maxLogins: 1 });
  const [bare] = hostsOf('config: {backup_base: /b}\nhosts: {h: {paths: [{path: /x}]}}');
  expect(bare?.sources[0]).not.toHaveProperty('transferExpectations');
  expect(bare?.sources[0]).not.toHaveProperty('rsyncPath');
  expect(bare?.ssh).not.toHaveProperty('maxSessions');
});

test.each([
  ['rsync_path: "rsync; id"', 'a path of an rsync and nothing else'],
  ['rsync_path: "sudo sh -c rsync"', 'a path of an rsync and nothing else'],
  ['rsync_options: "-z --timeout"', 'its value is missing'],
  ['min_rate: fast', 'this is no rate'],
  ['min_rate: 5', '5 is out of range'],
  ['min_speedup: -1', ''],
  ['slow_transfer: error', ''],
  ['max_sessions: 0', ''],
  ['max_logins: 1.5', ''],
])('%s is refused', (line, said) => {
  expect(() => hostsOf(`config: {backup_base: /b, ${line}}\nhosts: {h: {paths: [{path: /x}]}}`)).toThrow(
    new RegExp(`f:1:.*${said}`),
  );
});
