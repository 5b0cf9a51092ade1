import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isStateRecord,
  newer,
  type SourceState,
  withLastSuccess,
  withRecord,
} from '../../../src/core/history/source-state.js';
import { statesFromScratch } from '../../support/history-oracle.js';
import { DAY, HOUR, NOON, notings, proofRecord, sourceRecord } from '../../support/noted-records.js';

test('a state is that of all records of its place, in whatever order they come', () => {
  fc.assert(
    fc.property(notings, ({ records, portions }) => {
      const states = new Map<string, SourceState>();
      const seen = new Set<string>();
      for (const record of portions.flat()) {
        if (!isStateRecord(record) || seen.has(record.id)) continue;
        seen.add(record.id);
        const place = [record.host, record.source, record.destination].join(' ');
        states.set(place, withRecord(states.get(place), record, NOON));
      }
      const sorted = [...states.keys()].sort().map((place) => states.get(place));
      expect(sorted).toEqual(statesFromScratch(records).states);
    }),
  );
});

test('its engine is that of the newest run, else of the newest proof', () => {
  const archived = proofRecord({ engine: 'archive', atMs: NOON });
  const proven = withRecord(undefined, archived, NOON);
  expect(proven).toMatchObject({ engine: 'archive', lastProof: archived, ended: { ok: 0 } });
  const mirrored = withRecord(proven, sourceRecord({ engine: 'mirror', atMs: NOON - HOUR }), NOON);
  expect(mirrored.engine).toBe('mirror');
});

test('one that lies ahead of the clock gives way, and is otherwise as good as any', () => {
  const [now, later, ahead, further] = [NOON, NOON + HOUR / 2, NOON + DAY, NOON + 2 * DAY].map((atMs) =>
    sourceRecord({ atMs }),
  );
  if (!now || !later || !ahead || !further) throw new Error('four records');
  expect(newer(ahead, now, NOON)).toBe(now);
  expect(newer(now, ahead, NOON)).toBe(ahead);
  expect(newer(ahead, further, NOON)).toBe(further);
  // As clocks differ.
  expect(newer(later, now, NOON)).toBe(later);
});

test('only one that made no backup is told of the last that did, and only of one before it', () => {
  const state = withRecord(undefined, sourceRecord({ atMs: NOON }), NOON);
  const failed = sourceRecord({ status: 'failed', atMs: NOON + 1 });
  expect(withLastSuccess(failed, state)).toEqual({ ...failed, lastSuccessAtMs: NOON });
  for (const other of [
    sourceRecord({ atMs: NOON + 1 }),
    sourceRecord({ status: 'held', atMs: NOON - 1 }),
    proofRecord(),
  ])
    expect(withLastSuccess(other, state)).toBe(other);
  expect(withLastSuccess(failed, undefined)).toBe(failed);
});
