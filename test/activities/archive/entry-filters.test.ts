import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ArchivePlan } from '../../../src/activities/contract.js';
import { findDoubt } from '../../../src/core/guard/guard.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import { type ArchiveBench, startArchiveBench } from '../../support/archive-bench.js';

let bench: ArchiveBench;
let path: string;
let number = 0;

beforeAll(async () => {
  bench = await startArchiveBench();
});
afterAll(() => bench.stop());
beforeEach(() => {
  path = join(bench.directory, `source-${(number += 1)}`);
  mkdirSync(path);
});

const put = (name: string, content = 'x'): void => {
  mkdirSync(join(path, dirname(name)), { recursive: true });
  writeFileSync(join(path, name), content);
};
const age = (name: string, days: number): void => {
  const then = Date.now() / 1000 - days * 86_400;
  utimesSync(join(path, name), then, then);
};
const sourceWith = (news: Partial<SourcePlan>): Partial<SourcePlan> => ({ name: `s${number}`, path, ...news });
const doubtOf = (plan: ArchivePlan) =>
  findDoubt({ ...plan, entries: plan.counts.entries, deletions: plan.deleted, maxDeletePercent: 50 });

test('files that become too old leave the backup one by one, and the guard does not take them for deleted', async () => {
  const source = sourceWith({ filters: { newerThanMs: 30 * 86_400_000 } });
  for (const name of ['a', 'b', 'c', 'd']) put(name);
  await bench.backUp({ source });
  for (const name of ['a', 'b', 'c', 'd']) age(name, 31);
  const { plan, commit } = await bench.backUp({ source });
  expect(plan).toMatchObject({ level: 1, deleted: 0, previousEntries: 1, counts: { entries: 1 } });
  expect(plan.notes).toContain('Left out for size or age: 4 files.');
  expect(commit.status).toBe('ok');
  expect(doubtOf(plan)).toBeUndefined();
});

test('a source that is emptied is still doubted, in the same chain and in a new one', async () => {
  const source = sourceWith({ filters: { newerThanMs: 30 * 86_400_000, maxFileSizeBytes: 100 } });
  for (const name of ['a', 'b', 'c', 'd']) put(name);
  await bench.backUp({ source });
  for (const name of ['a', 'b', 'c', 'd']) rmSync(join(path, name));
  expect(doubtOf(await bench.plan({ source }))?.reasons[0]).toBe('source-empty');
  expect(doubtOf(await bench.plan({ source, options: { full: true } }))?.reasons[0]).toBe('source-empty');
});

test('a directory that is marked now holds the run when it was most of the source', async () => {
  const source = sourceWith({ filters: { excludeIfPresent: ['.nobackup'] } });
  for (const name of ['d/a', 'd/b', 'd/c', 'd/d', 'e']) put(name);
  await bench.backUp({ source });
  put('d/.nobackup');
  const plan = await bench.plan({ source });
  expect(plan).toMatchObject({ deleted: 4, counts: { entries: 4, files: 2 } });
  expect(doubtOf(plan)).toMatchObject({ reasons: ['too-many-deletions'], firstNames: ['d/a', 'd/b', 'd/c', 'd/d'] });
});

test('a filter that is set or changed starts a new chain, and says so', async () => {
  put('a');
  await bench.backUp({ source: sourceWith({}) });
  const notes = [];
  for (const maxFileSizeBytes of [10, 10, 20]) {
    const { plan } = await bench.backUp({ source: sourceWith({ filters: { maxFileSizeBytes } }) });
    notes.push([plan.level, plan.notes.filter((note) => note.includes('filters')).length]);
  }
  expect(notes).toEqual([
    [0, 1],
    [1, 0],
    [0, 1],
  ]);
});
