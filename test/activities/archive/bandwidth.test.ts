import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ArchivePlan } from '../../../src/activities/contract.js';
import type { DestinationPlan, HostPlan, RunLimit, SourcePlan } from '../../../src/core/plan.js';
import type { RunLimits } from '../../../src/providers/throttle/run-limits.js';
import { Traffic } from '../../../src/providers/throttle/traffic.js';
import type { ArchiveBench } from '../../support/archive-bench.js';
import { startArchiveBench } from '../../support/archive-bench.js';

const MIB = 2 ** 20;
let bench: ArchiveBench;
let name: string;
let path: string;
let count = 0;

beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(() => bench.stop());
/** Two shards of 2 MiB each, which zstd cannot make smaller. */
beforeEach(async () => {
  name = `source${++count}`;
  path = join(bench.directory, name);
  await mkdir(path);
  for (const file of ['a', 'b']) await writeFile(join(path, file), randomBytes(2 * MIB));
});

interface Limits {
  readonly host?: Partial<HostPlan>;
  readonly destination?: Partial<DestinationPlan>;
  readonly archive?: Partial<SourcePlan['archive']>;
  readonly runs?: RunLimits;
}

interface Prepared {
  readonly plan: ArchivePlan;
  /** Seconds that it takes. */
  readonly write: (shard: number) => Promise<number>;
}

async function prepare({ host = {}, destination = {}, archive = {}, runs }: Limits): Promise<Prepared> {
  const source: Partial<SourcePlan> = {
    name,
    path,
    destination: { name: `vault${count}`, type: 'local', path: bench.vault, ...destination } as DestinationPlan,
    archive: { shardSizeBytes: 2 * MIB, compressionLevel: 1, parallelShards: 2, ...archive },
  };
  const providers = runs === undefined ? bench.providers : { ...bench.providers, traffic: new Traffic(runs) };
  const hostPlan = { ...bench.hostPlan(), name: `host${count}`, ...host };
  const plan = await bench.plan({ source, hostPlan });
  return {
    plan,
    write: async (shard) => {
      const startedAtMs = performance.now();
      await bench.writeShard(plan, shard, { source, hostPlan, providers });
      return (performance.now() - startedAtMs) / 1000;
    },
  };
}

function near(seconds: number, expected: number): void {
  expect(seconds).toBeGreaterThan(expected * 0.8);
  // A connection and the last sync to disk come on top.
  expect(seconds).toBeLessThan(expected * 1.2 + 0.4);
}

describe('what comes from a host', () => {
  test.each(['host', 'worker', 'off'] as const)('moves at its limit when compressed: %s', async (compress) => {
    const { write } = await prepare({ host: { bandwidthLimitBytesPerSecond: MIB }, archive: { compress } });
    near(await write(0), 2);
  });

  test('shares the limit among shards that are written side by side', async () => {
    const { write } = await prepare({ host: { bandwidthLimitBytesPerSecond: 2 * MIB } });
    for (const seconds of await Promise.all([write(0), write(1)])) near(seconds, 2);
  });
});

test('what goes to a destination moves at its limit, whichever host it is of', async () => {
  const { write } = await prepare({ destination: { bandwidthLimitBytesPerSecond: MIB } });
  near(await write(0), 2);
});

test('without a limit nothing is held up', async () => {
  const { write } = await prepare({});
  expect(await write(0)).toBeLessThan(1);
});

describe('a run’s own limit', () => {
  /** Says it to whoever watches; those that come later hear it too, as from a run that is asked. */
  function saying(): RunLimits & { say(limit: RunLimit | undefined): void; watching(): Promise<void> } {
    const listeners = new Set<(limit: RunLimit | undefined) => void>();
    let arrived: () => void = () => undefined;
    const watching = new Promise<void>((resolve) => (arrived = resolve));
    return {
      watch: (_run, onChange) => {
        listeners.add(onChange);
        arrived();
        return () => listeners.delete(onChange);
      },
      say: (limit) => listeners.forEach((listener) => listener(limit)),
      watching: () => watching,
    };
  }
  const limit = (bytesPerSecond: number | null): RunLimit => ({ bytesPerSecond, sharedBy: `run${count}` });
  const slow = { bandwidthLimitBytesPerSecond: 64 * 1024 };

  test('takes the place of those of host and destination', async () => {
    const { write } = await prepare({ host: { ...slow, runLimit: limit(MIB) }, destination: slow });
    near(await write(0), 2);
  });

  test('can take them away', async () => {
    const { write } = await prepare({ host: { ...slow, runLimit: limit(null) }, destination: slow });
    expect(await write(0)).toBeLessThan(1);
  });

  test('reaches a shard that is under way', async () => {
    const runs = saying();
    const { write } = await prepare({ host: slow, runs });
    const writing = write(0);
    await runs.watching();
    runs.say(limit(MIB));
    near(await writing, 2);
  });

  test('that is taken away lets a shard under way go on at once', async () => {
    const runs = saying();
    const { write } = await prepare({ host: { runLimit: limit(32 * 1024) }, runs });
    const writing = write(0);
    await runs.watching();
    runs.say(limit(null));
    expect(await writing).toBeLessThan(1.5);
  });
});

test('objects are read no faster than the destination’s limit', async () => {
  const destination: DestinationPlan = {
    name: 'slow',
    type: 'local',
    path: bench.vault,
    bandwidthLimitBytesPerSecond: 4 * MIB,
  };
  await writeFile(join(bench.vault, 'object'), randomBytes(8 * MIB));
  const storage = await bench.providers.openStorage(destination);
  const startedAtMs = performance.now();
  let bytes = 0;
  for await (const chunk of await storage.read('object')) bytes += (chunk as Buffer).byteLength;
  expect(bytes).toBe(8 * MIB);
  near((performance.now() - startedAtMs) / 1000, 2);
});
