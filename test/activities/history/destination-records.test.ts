import type { StatsFs } from 'node:fs';
import type * as files from 'node:fs/promises';
import { statfs } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { destinationRecords } from '../../../src/activities/history/destination-records.js';
import type { DestinationPlan } from '../../../src/core/plan.js';
import { type HistoryBench, startHistoryBench } from '../../support/history-bench.js';
import { NOON } from '../../support/noted-records.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof files>();
  return { ...real, statfs: vi.fn(real.statfs) };
});

let bench: HistoryBench;
beforeEach(() => {
  bench = startHistoryBench();
});
afterEach(() => {
  vi.mocked(statfs).mockReset();
  bench.stop();
});

const destination = (name: string): DestinationPlan => ({ type: 'local', name, path: `/mnt/${name}` });
const askedOf = (path: string): number => vi.mocked(statfs).mock.calls.filter(([asked]) => asked === path).length;

test('one that does not answer is not asked again before it has: each question holds one of the few threads that all files are read by', async () => {
  let answer: (room: StatsFs) => void = () => undefined;
  const room = { bavail: 1, blocks: 4, bsize: 1_024 } as StatsFs;
  vi.mocked(statfs).mockImplementation(async (path) =>
    path === '/mnt/away' ? new Promise<StatsFs>((resolve) => (answer = resolve)) : room,
  );
  const record = (runId: string) =>
    destinationRecords(
      bench.control,
      {
        kind: 'run',
        id: `run/${runId}`,
        atMs: NOON,
        type: 'fleetBackup',
        workflowId: 'w',
        runId,
        status: 'ok',
        startedAtMs: NOON,
        durationMs: 0,
      },
      [destination('away'), destination('there')],
    );
  const there = { kind: 'destination', atMs: NOON, destination: 'there', freeBytes: 1_024, totalBytes: 4_096 };
  expect(await Promise.all([record('1'), record('2'), record('3')])).toEqual(
    ['1', '2', '3'].map((runId) => [{ ...there, id: `destination/${runId}/there` }]),
  );
  expect(askedOf('/mnt/away')).toBe(1);
  expect(bench.said).toHaveLength(3);
  answer(room);
  expect((await record('4')).map(({ destination: name }) => name)).toEqual(['away', 'there']);
  vi.mocked(statfs).mockResolvedValue(room);
  expect(await record('5')).toHaveLength(2);
  expect(askedOf('/mnt/away')).toBe(2);
});
