import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshCatalogs, freshFiles } from '../support/fresh-catalogs.js';

const CONFIG = '/etc/holdfast/config.yaml';
const PARTS = 402;

let catalogs: FreshCatalogs;
beforeAll(async () => {
  catalogs = await freshFiles();
});
afterAll(() => catalogs.stop());

/** Kills a process that notes, a moment after it said that it had noted so much. Gives the last number that it said. */
async function noteAndKill(file: string, from: number, notings: number, thenMs: number): Promise<number> {
  const script = new URL('../support/noting-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, file, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let said = from - 1;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'begins') continue;
      said = Number(line);
      if (said < from + notings) continue;
      // Somewhere in the middle of what it notes next.
      const until = performance.now() + thenMs;
      while (performance.now() < until);
      child.kill('SIGKILL');
      break;
    }
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
  return said;
}

test('a worker killed while it notes leaves each noting whole or not at all, and loses none that it had finished', async () => {
  const file = await catalogs.place();
  let from = 0;
  for (const thenMs of [1, 3, 7, 12, 20, 30]) {
    const said = await noteAndKill(file, from, 1, thenMs);
    const catalog = await catalogs.open(file);
    const { history } = catalog;
    const parts = new Map<string, number>();
    for (const { id } of await history.records({ sinceMs: 0, limit: 1_000_000 })) {
      const number = id.slice(0, id.indexOf('/'));
      parts.set(number, (parts.get(number) ?? 0) + 1);
    }
    const numbers = [...parts.keys()].map(Number).sort((a, b) => a - b);
    expect([...new Set(parts.values())]).toEqual([PARTS]);
    expect(numbers).toEqual(numbers.map((_, at) => at));
    expect(numbers.length).toBeGreaterThan(said);
    expect(await history.states()).toHaveLength(numbers.length * (PARTS - 2));
    expect(await history.destinations()).toHaveLength(numbers.length);
    expect(await history.countWaiting(CONFIG)).toBe(numbers.length * PARTS);
    await catalog.close();
    from = numbers.length;
  }
});
