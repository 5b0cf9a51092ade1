import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ActivityControl, Providers } from '../../src/activities/activity-control.js';
import { recordRun } from '../../src/activities/catalog/catalog-host.js';
import { noteEnded } from '../../src/activities/history/note-ended.js';
import { sendMetrics } from '../../src/activities/metrics/send-metrics.js';
import { loadConfig } from '../../src/config/load.js';
import { HoldfastError } from '../../src/core/failures.js';
import type { HistoryRecord } from '../../src/core/history/records.js';
import { machineTaskQueue, TASK_QUEUE } from '../../src/core/ids.js';
import { openInfluxDb } from '../../src/providers/metrics/open-influxdb.js';
import { readSecret } from '../../src/providers/secrets/read-secret.js';
import { MetricsPoke } from '../../src/workers/metrics-poke.js';
import { type HistoryBench, startHistoryBench } from '../support/history-bench.js';
import { form1, type InfluxForm } from '../support/influx-forms.js';
import { startInfluxDb1 } from '../support/influxdb1.js';
import { hostPlan, sourcePlan } from '../support/plans.js';
import { providersWith } from '../support/providers.js';
import { recordActivities } from '../support/recorded-activities.js';
import { startTemporal, type TemporalForTests, workflowBundle } from '../support/temporal.js';

let temporal: TemporalForTests;
let influx: InfluxForm;
beforeAll(async () => {
  temporal = await startTemporal();
  influx = form1(await startInfluxDb1());
});
afterAll(async () => {
  await influx.server.stop();
  await temporal.stop();
});

/** Its worker notes into a file of its own, and has a task queue of its own beside the common one. */
interface Machine {
  readonly bench: HistoryBench;
  readonly connection: NativeConnection;
  start(): Promise<void>;
  stop(): Promise<void>;
}

let machines: readonly [Machine, Machine];
let configPath: string;
beforeEach(async () => {
  machines = [await machine('a'), await machine('b')];
  // One configuration, as it lies on both.
  configPath = machines[0].bench.configure('config.yaml', `metrics: ${JSON.stringify({ influxdb: influx.mapping() })}`);
  await Promise.all(machines.map((one) => one.start()));
});
afterEach(async () => {
  await Promise.all(machines.map((one) => one.stop()));
  for (const { connection, bench } of machines) {
    await connection.close();
    bench.stop();
  }
});

const SOURCES = ['www', 'etc', 'home'];
/** Of every host one source fails. */
const activitiesOf = (providers: Providers, control: ActivityControl) =>
  recordActivities([], {
    loadHost: async ({ host }) => hostPlan({ name: host, sources: SOURCES.map((name) => sourcePlan({ name })) }),
    listHosts: async ({ selection }) => ({ hosts: selection.hosts, total: selection.hosts.length, notes: [] }),
    commitMirror: async ({ source }) => {
      if (source.name === 'etc') throw new HoldfastError('DestinationFull', 'no room');
      return { backupId: '20261121T020000Z-0', status: 'ok' };
    },
    noteEnded: (input) => noteEnded(providers, control, input),
    recordRun: (input) => recordRun(providers, control, input),
    sendMetrics: (input) => sendMetrics(providers, control, input),
  }).activities;

async function machine(name: string): Promise<Machine> {
  const bench = startHistoryBench();
  const connection = await NativeConnection.connect({ address: temporal.environment.address });
  const poke = new MetricsPoke({
    connection,
    namespace: 'default',
    machine: name,
    warn: (said) => bench.said.push(said),
  });
  const providers = providersWith({
    catalogs: bench.providers.catalogs,
    openMetrics: (plan) => openInfluxDb(plan, readSecret),
    pokeMetrics: poke.poke,
  });
  let [workers, running]: [Worker[], Promise<void>[]] = [[], []];
  return {
    bench,
    connection,
    start: async () => {
      const common = { connection, activities: activitiesOf(providers, bench.control) };
      workers = [
        await Worker.create({ ...common, taskQueue: TASK_QUEUE, workflowBundle: await workflowBundle() }),
        await Worker.create({ ...common, taskQueue: machineTaskQueue(name) }),
      ];
      running = workers.map((worker) => worker.run());
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      [workers, running] = [[], []];
    },
  };
}

const noted = ({ bench }: Machine): Promise<HistoryRecord[]> =>
  bench.use(({ history }) => history.records({ sinceMs: 0, limit: 10_000 }));
const waiting = ({ bench }: Machine): Promise<number> => bench.use(({ history }) => history.countWaiting(configPath));

/** Backs up four hosts in a run and four each alone; gives the ids of what is to be noted of it. */
async function backUp(): Promise<string[]> {
  const { workflow } = temporal.environment.client;
  const options = { dryRun: false, full: false, approve: false };
  const selection = (hosts: readonly string[]) => ({ hosts, sources: [], tags: [] });
  const night = randomUUID().slice(0, 8);
  const names = Array.from({ length: 8 }, (_, at) => `${night}-${at}`);
  const [together, alone] = [names.slice(0, 4), names.slice(4)];
  const start = (type: string, workflowId: string, input: object) =>
    workflow.start(type, { taskQueue: TASK_QUEUE, workflowId, args: [{ configPath, options, ...input }] });
  const started = await Promise.all([
    start('fleetBackup', `backup/${night}`, { plan: night, parallelHosts: 4, selection: selection(together) }),
    ...alone.map((host) => start('hostBackup', `host/${host}`, { host, selection: selection([]) })),
  ]);
  for (const handle of started) await expect(handle.result()).rejects.toThrow('failed');
  const runId = async (workflowId: string) => (await workflow.getHandle(workflowId).describe()).runId;
  const run = await runId(`backup/${night}`);
  const ofHosts = await Promise.all(
    names.map(async (host) => {
      const id = await runId(`host/${host}`);
      return [`host/${id}`, ...SOURCES.map((source) => `source/${id}/${host}/${source}`)];
    }),
  );
  return [`run/${run}`, ...ofHosts.flat()];
}

/** Until each machine knows something that the other does not. */
async function backUpOnBoth(): Promise<string[]> {
  const ids: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    ids.push(...(await backUp()));
    const [one, other] = await Promise.all(machines.map((machine) => knownOf([machine], ids)));
    const both = new Set([...(one ?? []), ...(other ?? [])]).size;
    if (both > (one?.length ?? 0) && both > (other?.length ?? 0)) return ids;
  }
  throw new Error('one machine did all the work, twenty times over');
}

/** Those of them that these have noted. */
async function knownOf(of: readonly Machine[], ids: readonly string[]): Promise<string[]> {
  const known = new Set((await Promise.all(of.map(noted))).flat().map(({ id }) => id));
  return ids.filter((id) => known.has(id));
}

/** How many points of hosts, sources and runs the database has since then. */
async function points(sinceMs: number): Promise<number> {
  const plan = (await loadConfig(configPath)).metrics?.influxdb;
  if (plan === undefined || 'unread' in plan) throw new Error('no database is configured');
  const database = await openInfluxDb(plan, readSecret);
  try {
    let count = 0;
    for (const name of ['backup_source', 'backup_host', 'backup_run']) {
      const query = `SELECT count("run_id") FROM "${name}" WHERE time >= ${sinceMs}ms`;
      const [table] = await database.query(query, new AbortController().signal);
      count += Number(table?.rows[0]?.[1] ?? 0);
    }
    return count;
  } finally {
    await database.close();
  }
}
const IN_TIME = { timeout: 90_000, interval: 250 };

test('two machines with a catalog each: each notes and sends its own, and together every point is there once', async () => {
  const sinceMs = Date.now();
  const ids = await backUpOnBoth();
  expect(await knownOf(machines, ids)).toEqual(ids);
  for (const one of machines) await expect.poll(() => waiting(one), IN_TIME).toBe(0);
  expect(await points(sinceMs)).toBe(ids.length);
});

test('a machine that is away while the database is: what it noted is there once it is back, and nothing twice', async () => {
  const sinceMs = Date.now();
  await influx.server.kill();
  const [stays, goes] = machines;
  const ids = await backUpOnBoth();
  expect(await waiting(goes)).toBeGreaterThan(0);
  await goes.stop();
  await influx.server.restart();
  await expect.poll(() => waiting(stays), IN_TIME).toBe(0);
  const without = await points(sinceMs);
  expect(without).toBe((await knownOf([stays], ids)).length);
  expect(without).toBeLessThan(ids.length);

  await goes.start();
  await expect.poll(() => waiting(goes), IN_TIME).toBe(0);
  expect(await points(sinceMs)).toBe(ids.length);
  expect(await knownOf(machines, ids)).toEqual(ids);
});
