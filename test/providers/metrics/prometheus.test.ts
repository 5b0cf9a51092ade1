import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { type ConfiguredSource, type FleetHealth, fleetHealth } from '../../../src/core/history/fleet-state.js';
import { type SourceState, type StateRecord, withRecord } from '../../../src/core/history/source-state.js';
import { fleetText } from '../../../src/providers/metrics/prometheus.js';
import { destinationRecord, HOUR, NOON, sizeRecord, sourceRecord } from '../../support/noted-records.js';
import { lintMetrics, startPrometheus, type TestPrometheus } from '../../support/prometheus.js';

let prometheus: TestPrometheus | undefined;
let server: Server | undefined;
afterEach(async () => {
  await prometheus?.stop();
  server?.closeAllConnections();
  server?.close();
});

const WWW: ConfiguredSource = {
  host: 'web1',
  source: 'www',
  destination: 'vault',
  engine: 'archive',
  expectEveryMs: 24 * HOUR,
};
const RECORDS: readonly StateRecord[] = [
  sourceRecord({
    atMs: NOON - 50 * HOUR,
    durationMs: 2_500,
    level: 0,
    totalSizeBytes: 1_000_000,
    storedBytes: 700,
    bytesSent: 0,
    bytesReceived: 1_000,
    speedup: 4,
    filesTotal: 100,
    filesTransferred: 1,
  }),
  sourceRecord({
    atMs: NOON - 2 * HOUR,
    status: 'failed',
    failure: { type: 'HostUnreachable', message: 'no route to host' },
    exitCode: 1,
    durationMs: 31_000,
    errorCounts: { ...NO_ERRORS, connection: 1, permission: 3 },
    warnings: 2,
    totalSizeBytes: 0,
    storedBytes: 0,
    filesTotal: 0,
  }),
];
const stateOf = (records: readonly StateRecord[]): SourceState[] => {
  const state = records.reduce<SourceState | undefined>((known, one) => withRecord(known, one, NOON), undefined);
  return state === undefined ? [] : [state];
};
const healthOf = (configured: readonly ConfiguredSource[], records: readonly StateRecord[]): FleetHealth =>
  fleetHealth({
    configured,
    configuredDestinations: ['vault'],
    states: stateOf(records),
    sizes: [sizeRecord({ of: 'archive', totalBytes: 5_000, exclusiveBytes: 4_000, sharedBytes: 1_000 })],
    destinations: [destinationRecord({ atMs: NOON - HOUR, destination: 'vault', freeBytes: 30, totalBytes: 100 })],
    pending: 7,
    dropped: 2,
    nowMs: NOON,
  });
const NOW = { configValid: true, catalogUp: true };
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const namesOf = (text: string): Set<string> => new Set(linesOf(text).map((line) => /^\w+/.exec(line)?.[0] ?? ''));

test('a source that failed after a backup, and one that never ran', async () => {
  const etc: ConfiguredSource = { ...WWW, host: 'db1', source: 'etc' };
  const configured = [WWW, etc];
  const text = await fleetText({ version: '1.2.3', configured, health: healthOf(configured, RECORDS), now: NOW });
  const www = 'host="web1",source="www",destination="vault",engine="archive"';
  const lines = linesOf(text);
  expect(lines.filter((line) => line.includes('web1') || !line.includes('host=')).toSorted()).toEqual(
    [
      'holdfast_info{version="1.2.3"} 1',
      'holdfast_config_valid 1',
      'holdfast_catalog_up 1',
      `holdfast_expected_interval_seconds{${www}} 86400`,
      `holdfast_last_success_timestamp_seconds{${www}} ${(NOON - 50 * HOUR) / 1_000}`,
      `holdfast_first_success_timestamp_seconds{${www}} ${(NOON - 50 * HOUR) / 1_000}`,
      `holdfast_last_run_timestamp_seconds{${www}} ${(NOON - 2 * HOUR) / 1_000}`,
      `holdfast_last_proof_timestamp_seconds{${www}} 0`,
      `holdfast_overdue{${www}} 1`,
      `holdfast_unprotected{${www}} 1`,
      `holdfast_last_status{${www}} 0`,
      `holdfast_last_outcome{${www},outcome="failed"} 1`,
      `holdfast_last_failure{${www},type="HostUnreachable"} 1`,
      `holdfast_last_exit_code{${www}} 1`,
      `holdfast_last_duration_seconds{${www}} 31`,
      `holdfast_last_errors{${www},type="connection"} 1`,
      `holdfast_last_errors{${www},type="permission"} 3`,
      `holdfast_last_warnings{${www}} 2`,
      // What there is at the destination is of the last good backup.
      `holdfast_last_level{${www}} 0`,
      `holdfast_last_size_bytes{${www}} 1000000`,
      `holdfast_last_stored_bytes{${www}} 700`,
      `holdfast_last_received_bytes{${www}} 1000`,
      `holdfast_last_sent_bytes{${www}} 0`,
      `holdfast_last_speedup{${www}} 4`,
      `holdfast_last_files{${www}} 100`,
      `holdfast_last_transferred_files{${www}} 1`,
      ...['ok', 'failed'].map((outcome) => `holdfast_runs_total{${www},outcome="${outcome}"} 1`),
      ...['warning', 'skipped', 'held', 'cancelled'].map(
        (outcome) => `holdfast_runs_total{${www},outcome="${outcome}"} 0`,
      ),
      `holdfast_size_bytes{${www},type="archive"} 5000`,
      `holdfast_size_exclusive_bytes{${www},type="archive"} 4000`,
      `holdfast_size_shared_bytes{${www},type="archive"} 1000`,
      'holdfast_destination_free_bytes{destination="vault"} 30',
      'holdfast_destination_total_bytes{destination="vault"} 100',
      `holdfast_destination_measured_timestamp_seconds{destination="vault"} ${(NOON - HOUR) / 1_000}`,
      'holdfast_metrics_waiting 7',
      'holdfast_metrics_dropped_total 2',
    ].toSorted(),
  );
  const never = 'host="db1",source="etc",destination="vault",engine="archive"';
  expect(lines.filter((line) => line.includes('db1') && !line.startsWith('holdfast_runs_total'))).toEqual([
    `holdfast_expected_interval_seconds{${never}} 86400`,
    `holdfast_last_success_timestamp_seconds{${never}} 0`,
    `holdfast_first_success_timestamp_seconds{${never}} 0`,
    `holdfast_last_run_timestamp_seconds{${never}} 0`,
    `holdfast_last_proof_timestamp_seconds{${never}} 0`,
    `holdfast_overdue{${never}} 1`,
    `holdfast_unprotected{${never}} 1`,
  ]);
  expect(await lintMetrics(text)).toBe('');
});

test.each([
  ['ok', 1],
  ['warning', 0.5],
  ['failed', 0],
  ['skipped', undefined],
  ['held', undefined],
  ['cancelled', undefined],
] as const)('of a run that was %s the status is %s, and the outcome is said', async (status, figure) => {
  const health = healthOf([WWW], [sourceRecord({ status })]);
  const text = await fleetText({ version: '1', configured: [WWW], health, now: NOW });
  expect(/^holdfast_last_status\{.*\} (.*)$/m.exec(text)?.[1]).toBe(figure?.toString());
  expect(text).toContain(`outcome="${status}"} 1`);
});

test('while the catalog is away nothing is said of what it knows: no time of 0, which would be a lie', async () => {
  const now = { configValid: true, catalogUp: false };
  const text = await fleetText({ version: '1', configured: [WWW], health: undefined, now });
  expect(namesOf(text)).toEqual(
    new Set(['holdfast_info', 'holdfast_config_valid', 'holdfast_catalog_up', 'holdfast_expected_interval_seconds']),
  );
  expect(text).toContain('\nholdfast_catalog_up 0\n');
  expect(await lintMetrics(text)).toBe('');
});

test('a text for a file has nothing that is true at the moment of writing only', async () => {
  const health = healthOf([WWW], RECORDS);
  const scraped = await fleetText({ version: '1', configured: [WWW], health, now: NOW });
  const lasting = await fleetText({ version: '1', configured: [WWW], health });
  const missing = [...namesOf(scraped)].filter((name) => !namesOf(lasting).has(name));
  expect(missing.toSorted()).toEqual([
    'holdfast_catalog_up',
    'holdfast_config_valid',
    'holdfast_metrics_dropped_total',
    'holdfast_metrics_waiting',
    'holdfast_overdue',
    'holdfast_unprotected',
  ]);
  expect(linesOf(scraped)).toEqual(expect.arrayContaining(linesOf(lasting)));
  expect(await lintMetrics(lasting)).toBe('');
});

test('a real Prometheus takes in any name that a source may have, each as its own', async () => {
  const names = ['www', 'var/www', 'my "data"', 'back\\slash', 'ünïcode 中', 'a,source:b', '{x="y"} 1'];
  const configured = names.map((source) => ({ ...WWW, source }));
  const text = await fleetText({ version: '1', configured, health: healthOf(configured, []), now: NOW });
  server = createServer((_request, response) => response.end(text));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  prometheus = await startPrometheus({ targets: [`http://127.0.0.1:${port}/metrics`] });
  const series = await prometheus.untilAny('holdfast_last_success_timestamp_seconds');
  expect(series.map(({ labels }) => labels['source']).toSorted()).toEqual(names.toSorted());
  expect(await prometheus.query('sum by (source) (holdfast_runs_total) == 0')).toHaveLength(names.length);
  expect(
    await prometheus.query(
      'time() - holdfast_last_success_timestamp_seconds > 1.5 * holdfast_expected_interval_seconds',
    ),
  ).toHaveLength(names.length);
});

test('the manual has exactly the metrics that there are', async () => {
  const manual = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const section = /^## Prometheus$(.*?)^### Textfile$/ms.exec(manual)?.[1] ?? '';
  const described = new Set([...section.matchAll(/`(holdfast_\w+)`/g)].map(([, name]) => name));
  const text = await fleetText({ version: '1', configured: [WWW], health: healthOf([WWW], RECORDS), now: NOW });
  const told = [...text.matchAll(/^# HELP (holdfast_\w+)/gm)].map(([, name]) => name);
  // The worker's, not the fleet's.
  expect(described).toEqual(new Set([...told, 'holdfast_temporal_metrics_up']));
});
