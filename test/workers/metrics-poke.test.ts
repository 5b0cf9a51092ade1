import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HoldfastError } from '../../src/core/failures.js';
import { MetricsPoke } from '../../src/workers/metrics-poke.js';
import { recordActivities } from '../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../support/temporal.js';

let temporal: TemporalForTests;
let directory: string;
const told: string[] = [];
beforeAll(async () => {
  temporal = await startTemporal();
  directory = await mkdtemp(join(tmpdir(), 'holdfast-poke-'));
});
afterAll(async () => {
  await temporal.stop();
  await rm(directory, { recursive: true });
});

const openPoke = () =>
  new MetricsPoke({
    connection: temporal.environment.nativeConnection,
    namespace: 'default',
    machine: 'box',
    warn: (message) => void told.push(message),
  });

/** All workers share a catalog: what is sent is sent on the common queue. */
async function configure(name: string, metrics = 'metrics: {influxdb: {host: h, database: d}}'): Promise<string> {
  const path = join(directory, name);
  const base = 'config: {backup_base: /b}\nhosts: {h: {paths: [{path: /x}]}}\ncatalog: {type: postgres, url: {env: U}}';
  await writeFile(path, `${base}\n${metrics}\n`);
  return path;
}

const DONE = { configured: true, sent: 1, refused: 0, left: 0 };
const senderOf = (configPath: string) => temporal.environment.client.workflow.getHandle(`metrics/${configPath}`);
const statusOf = async (configPath: string) => (await senderOf(configPath).describe()).status.name;
const onCommonQueue = { taskQueue: 'holdfast' };

test('the first word starts the sender, others of the next seconds are told by it, and one that is urgent is told at once', async () => {
  const configPath = await configure('soon.yaml');
  const { activities, called } = recordActivities([]);
  await temporal.withWorker(
    activities,
    async () => {
      const poke = openPoke();
      for (let count = 0; count < 20; count += 1) await poke.poke(configPath, 'soon');
      await called('sendMetrics');
      await poke.poke(configPath, 'now');
      await called('sendMetrics', 2);
      const { events } = await senderOf(configPath).fetchHistory();
      const signals = (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes != null);
      expect(signals).toHaveLength(2);
      await senderOf(configPath).terminate();
    },
    onCommonQueue,
  );
});

test('a sender that failed is begun anew at the end of a run, not for each source', async () => {
  const configPath = await configure('denied.yaml');
  let denied = true;
  const { activities, called } = recordActivities([], {
    sendMetrics: async () => {
      if (denied) throw new HoldfastError('MetricsDenied', 'the token is wrong');
      return DONE;
    },
  });
  await temporal.withWorker(
    activities,
    async () => {
      await openPoke().poke(configPath, 'now');
      await called('sendMetrics');
      await expect.poll(() => statusOf(configPath)).toBe('FAILED');
      denied = false;
      const soon = openPoke();
      await soon.poke(configPath, 'soon');
      await soon.settle(5_000);
      expect(await statusOf(configPath)).toBe('FAILED');
      await openPoke().poke(configPath, 'now');
      await called('sendMetrics', 2);
      expect(await statusOf(configPath)).toBe('RUNNING');
      await senderOf(configPath).terminate();
    },
    onCommonQueue,
  );
  expect(told).toEqual([]);
});

test('a process that ends waits until what it told of was sent, or its time is over', async () => {
  const configPath = await configure('settled.yaml');
  const { activities, of } = recordActivities([]);
  const poke = openPoke();
  await poke.poke(configPath, 'now');
  await poke.settle(100);
  expect(of('sendMetrics')).toHaveLength(0);
  await temporal.withWorker(
    activities,
    async () => {
      await poke.settle(60_000);
      expect(of('sendMetrics').length).toBeGreaterThan(0);
      await senderOf(configPath).terminate();
    },
    onCommonQueue,
  );
});

test('without a database nothing is begun; with a configuration that cannot be read that is said, and nothing else', async () => {
  const [silent, gone] = [await configure('silent.yaml', ''), join(directory, 'gone.yaml')];
  const poke = openPoke();
  for (const path of [silent, gone]) await poke.poke(path, 'now');
  await poke.settle(10_000);
  for (const path of [silent, gone]) await expect(senderOf(path).describe()).rejects.toThrow(/not found/);
  expect(told).toEqual([expect.stringContaining('gone.yaml')]);
});
