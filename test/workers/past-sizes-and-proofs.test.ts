import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { collectHistory } from '../../src/activities/history/collect-history.js';
import { noteEnded } from '../../src/activities/history/note-ended.js';
import { HoldfastError } from '../../src/core/failures.js';
import type { HistoryRecord } from '../../src/core/history/records.js';
import { TemporalPastRuns } from '../../src/workers/temporal-past-runs.js';
import { type HistoryBench, INFLUXDB, startHistoryBench } from '../support/history-bench.js';
import { hostPlan, sourcePlan } from '../support/plans.js';
import { recordActivities, untilCancelled, type Overrides } from '../support/recorded-activities.js';
import { startTemporal, type TemporalForTests } from '../support/temporal.js';

let temporal: TemporalForTests;
beforeAll(async () => {
  // So that a test sees runs that go on in a new execution.
  temporal = await startTemporal(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']);
});
afterAll(() => temporal.stop());

let bench: HistoryBench;
let configPath: string;
beforeEach(() => {
  bench = startHistoryBench();
  configPath = bench.configure('config.yaml', INFLUXDB);
});
afterEach(() => bench.stop());

const host = (name: string, ...sources: string[]) =>
  hostPlan({ name, sources: sources.map((source) => sourcePlan({ name: source, engine: 'archive' })) });

interface Run {
  readonly type: string;
  readonly input: object;
  /** It is cancelled when its answer to `progress` has this in it. */
  readonly cancelAt?: string;
}
const measuring = (name: string, news: Partial<Run> = {}): Run => ({
  type: 'measureSizes',
  input: { host: name, selection: { hosts: [], sources: [], tags: [] }, limitMs: 60_000 },
  ...news,
});
const drilling = (hosts: readonly string[], news: Partial<Run> = {}): Run => ({
  type: 'restoreDrill',
  input: {
    selection: { hosts, sources: [], tags: [] },
    point: { latest: true },
    sample: { files: 10, bytes: 1_000 },
  },
  ...news,
});

/** One after the other, however they end; what they note is kept. */
async function run(hosts: readonly ReturnType<typeof host>[], runs: readonly Run[], overrides: Overrides) {
  const { activities } = recordActivities(hosts, {
    noteEnded: (input) => noteEnded(bench.providers, bench.control, input),
    listHosts: async ({ selection, offset }) => ({
      hosts: selection.hosts.slice(offset),
      total: selection.hosts.length,
      notes: [],
    }),
    ...overrides,
  });
  await temporal.withWorker(
    activities,
    async ({ start }) => {
      for (const { type, input, cancelAt } of runs) {
        const handle = await start(type, { configPath, ...input });
        if (cancelAt !== undefined) {
          const told = async (): Promise<string> => JSON.stringify(await handle.query('progress'));
          await expect.poll(told, { timeout: 15_000 }).toContain(cancelAt);
          await handle.cancel();
        }
        await handle.result().catch(() => undefined);
      }
    },
    { taskQueue: 'holdfast' },
  );
}

type Kind = 'size' | 'proof';
const byId = (one: HistoryRecord, other: HistoryRecord): number => (one.id < other.id ? -1 : 1);
const noted = async (of: HistoryBench, kind: Kind): Promise<HistoryRecord[]> =>
  (await of.use(({ history }) => history.records({ sinceMs: 0, kinds: [kind], limit: 1_000 }))).sort(byId);

/** What a catalog that has nothing yet gets from Temporal. */
async function collected(kind: Kind): Promise<HistoryRecord[]> {
  const anew = startHistoryBench(new TemporalPastRuns(temporal.environment.nativeConnection, 'default'));
  try {
    await collectHistory(anew.providers, anew.control, { configPath, sinceMs: 0 });
    return await noted(anew, kind);
  } finally {
    anew.stop();
  }
}

/** As it was noted, of all these: `web1/www/mirror`, `web1/www`. */
async function comesBack(kind: Kind, of: readonly string[]): Promise<readonly HistoryRecord[]> {
  const kept = await noted(bench, kind);
  expect(kept.map(({ id }) => id.split('/').slice(2).join('/')).sort()).toEqual([...of].sort());
  // The server lists what has closed a moment later.
  await expect.poll(() => collected(kind), { timeout: 15_000 }).toEqual(kept);
  return kept;
}

const executionsIn = (records: readonly HistoryRecord[]): number =>
  new Set(records.map(({ id }) => id.split('/')[1])).size;

test('sizes come back as they were noted: whole, in part, and of a scan that was cancelled', async () => {
  const hosts = [host('whole', 'www', 'etc'), host('part', 'www'), host('none', 'www'), host('slow', 'www', 'etc')];
  const runs = hosts.map(({ name }) => measuring(name, name === 'slow' ? { cancelAt: 'etc: mirror' } : {}));
  await run(hosts, runs, {
    findSizes: async ({ host: { name } }) => ({
      targets:
        name === 'none'
          ? []
          : ['', 'newer', 'older'].map((snapshot) => ({
              kind: snapshot === '' ? ('mirror' as const) : ('snapshot' as const),
              name: snapshot,
            })),
      leftOut: name === 'part' ? 3 : 0,
    }),
    measureSize: async ({ host: { name }, source, kind, name: snapshot }) => {
      if (name === 'slow' && source.name === 'etc') return untilCancelled();
      if (name === 'part' && kind === 'mirror') throw new HoldfastError('DestinationDenied', 'no');
      const place = { host: name, source: source.name, destination: source.destination.name };
      const figures = { totalBytes: 1_000, exclusiveBytes: 10, sharedBytes: 990, complete: true, remarks: [] };
      const times = { measuredAt: '2026-11-21T02:00:00.000Z', durationMs: 1 };
      return { size: { ...place, kind, name: snapshot, ...figures, ...times } };
    },
  });
  const kinds = (place: string) => [`${place}/mirror`, `${place}/snapshot`];
  const all = [...kinds('whole/www'), ...kinds('whole/etc'), 'part/www/snapshot', ...kinds('slow/www')];
  const kept = await comesBack('size', all);
  expect(kept.find(({ id }) => id.endsWith('part/www/snapshot'))).toMatchObject({
    ...{ kind: 'size', host: 'part', source: 'www', destination: 'vault', of: 'snapshot', count: 2 },
    ...{ totalBytes: 2_000, exclusiveBytes: 20, sharedBytes: 1_980, complete: false },
  });
});

test('sizes of a host that was measured in several executions come back, each under the one that measured it', async () => {
  const names = Array.from({ length: 25 }, (_, at) => `s${at}`);
  await run([host('large', ...names)], [measuring('large')], {});
  const kept = await comesBack(
    'size',
    names.map((name) => `large/${name}/mirror`),
  );
  expect(executionsIn(kept)).toBeGreaterThan(1);
});

test('proofs come back as they were noted, good ones and bad ones, also of a drill that was cancelled', async () => {
  const hosts = ['good', 'bad', 'unplanned', 'slow'].map((name) => host(name, 'www'));
  await run(
    hosts,
    [drilling(['good', 'bad', 'unplanned']), drilling(['good', 'slow'], { cancelAt: 'slow:www: rest' })],
    {
      planDrill: async (input) => {
        if (input.host.name === 'unplanned') throw new HoldfastError('RestoreTargetFull', 'no room for the sample');
        return recordActivities([]).activities.planDrill(input);
      },
      extractShard: async ({ request }) => {
        if (request.host === 'slow') return untilCancelled();
        if (request.host === 'bad') throw new HoldfastError('ObjectDamaged', 'shard 1 is damaged');
        return { entries: 1, bytesRead: 1 };
      },
    },
  );
  const kept = await comesBack('proof', ['good/www', 'bad/www', 'good/www']);
  expect(kept.map((record) => record.kind === 'proof' && record.good).sort()).toEqual([false, true, true]);
});

test('proofs of a drill that went on in new executions come back, each under the one that drilled it', async () => {
  const names = Array.from({ length: 6 }, (_, at) => `h${at}`);
  await run(
    names.map((name) => host(name, 'www')),
    [drilling(names)],
    {},
  );
  const kept = await comesBack(
    'proof',
    names.map((name) => `${name}/www`),
  );
  expect(executionsIn(kept)).toBeGreaterThan(1);
});
