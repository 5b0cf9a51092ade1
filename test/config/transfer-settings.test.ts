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
