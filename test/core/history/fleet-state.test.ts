import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfiguredSource, fleetHealth, type FleetHealthInput } from '../../../src/core/history/fleet-state.js';
import type { ProofRecord, SourceRecord } from '../../../src/core/history/records.js';
import { type SourceState, withRecord } from '../../../src/core/history/source-state.js';
import type { Status } from '../../../src/core/statuses.js';
import { destinationRecord, HOUR, NOON as NOW, proofRecord, sourceRecord } from '../../support/noted-records.js';

const TAGS = { host: 'web1', source: 'etc', destination: 'vault', engine: 'archive' } as const;

const ended = (status: Status, atMs: number, news: Partial<SourceRecord> = {}): SourceRecord =>
  sourceRecord({ ...TAGS, status, atMs, ...news });
const proven = (atMs: number): ProofRecord => proofRecord({ ...TAGS, atMs });
const stateOf = (...records: readonly (SourceRecord | ProofRecord)[]): SourceState | undefined =>
  records.reduce<SourceState | undefined>((state, record) => withRecord(state, record, NOW), undefined);

const health = (input: Partial<FleetHealthInput>) =>
  fleetHealth({
    configured: [],
    configuredDestinations: ['vault'],
    states: [],
    sizes: [],
    destinations: [],
    pending: 0,
    dropped: 0,
    nowMs: NOW,
    ...input,
  });
const one = (expectEveryMs: number | undefined, ...records: readonly (SourceRecord | ProofRecord)[]) => {
  const state = stateOf(...records);
  const configured = [{ ...TAGS, ...(expectEveryMs === undefined ? {} : { expectEveryMs }) }];
  return health({ configured, states: state === undefined ? [] : [state] }).sources[0];
};
const ago = (hours: number): number => NOW - hours * HOUR;

describe('a source', () => {
  test.each<[string, number | undefined, readonly (SourceRecord | ProofRecord)[], object]>([
    ['never ran, nothing expected', undefined, [], { overdue: false, unprotected: 'never' }],
    ['never ran', 24, [], { overdue: true, unprotected: 'never' }],
    ['is up to date', 24, [ended('ok', ago(1))], { status: 'ok', overdue: false }],
    ['ran with warnings', 24, [ended('warning', ago(1))], { status: 'warning', overdue: false }],
    ['is late, within what runs may take', 24, [ended('ok', ago(36))], { status: 'ok', overdue: false }],
    ['is overdue', 24, [ended('ok', ago(36.01))], { overdue: true, unprotected: 'overdue' }],
    ['is old, nothing expected', undefined, [ended('ok', ago(9_999))], { status: 'ok', overdue: false }],
    [
      'failed after a success',
      24,
      [ended('ok', ago(20)), ended('failed', ago(1))],
      { status: 'failed', lastSuccessAtMs: ago(20), overdue: false, unprotected: 'failed' },
    ],
    [
      'goes on failing',
      24,
      [ended('ok', ago(50)), ended('failed', ago(26)), ended('failed', ago(2))],
      { status: 'failed', lastSuccessAtMs: ago(50), overdue: true, unprotected: 'overdue' },
    ],
    [
      'has only failed',
      undefined,
      [ended('failed', ago(1))],
      { status: 'failed', overdue: false, unprotected: 'never' },
    ],
    ['is held', 24, [ended('ok', ago(20)), ended('held', ago(1))], { status: 'held', unprotected: 'held' }],
    ['was not there', 24, [ended('ok', ago(20)), ended('skipped', ago(1))], { status: 'skipped', overdue: false }],
    ['is not there for long', 24, [ended('ok', ago(99)), ended('skipped', ago(1))], { unprotected: 'overdue' }],
    ['was cancelled', 24, [ended('ok', ago(20)), ended('cancelled', ago(1))], { status: 'cancelled', overdue: false }],
    ['was only proven', 24, [proven(ago(1))], { overdue: true, unprotected: 'never', lastProofAtMs: ago(1) }],
  ])('that %s', (_what, hours, records, expected) => {
    const found = one(hours === undefined ? undefined : hours * HOUR, ...records);
    expect(found).toMatchObject(expected);
    if (!('unprotected' in expected)) expect(found).not.toHaveProperty('unprotected');
    if (!('status' in expected) && !records.some(({ kind }) => kind === 'source'))
      expect(found).not.toHaveProperty('status');
  });

  test('whose success lies ahead is fine for so long only as it would have been behind', () => {
    const ahead = ended('ok', NOW + 30 * HOUR);
    const at = (nowMs: number) =>
      health({
        configured: [{ ...TAGS, expectEveryMs: 24 * HOUR }],
        states: [stateOf(ahead) as SourceState],
        nowMs,
      }).sources[0]?.overdue;
    expect(at(NOW - 7 * HOUR)).toBe(true);
    expect(at(NOW)).toBe(false);
    expect(at(NOW + 66 * HOUR)).toBe(false);
    expect(at(NOW + 67 * HOUR)).toBe(true);
  });

  test('that was given another destination has no backup there', () => {
    const states = [stateOf(ended('ok', ago(1))) as SourceState];
    const moved = { ...TAGS, destination: 'offsite', expectEveryMs: 24 * HOUR };
    expect(health({ configured: [moved], states }).sources).toEqual([
      { ...moved, overdue: true, unprotected: 'never', sizes: [] },
    ]);
  });
});

test('what is no longer configured is left out, and what never ran is there, in the order of the configuration', () => {
  const configured: ConfiguredSource[] = ['b', 'a', 'c'].map((host) => ({ ...TAGS, host }));
  const states = ['gone', 'a', 'b'].map((host) => stateOf(ended('ok', ago(1), { host })) as SourceState);
  const disk = (destination: string) => destinationRecord({ destination });
  const found = health({ configured, states, destinations: [disk('gone'), disk('vault')], pending: 7, dropped: 3 });
  expect(found.sources.map(({ host, status }) => [host, status])).toEqual([
    ['b', 'ok'],
    ['a', 'ok'],
    ['c', undefined],
  ]);
  expect(found.destinations.map(({ destination }) => destination)).toEqual(['vault']);
  expect(found).toMatchObject({ atMs: NOW, pending: 7, dropped: 3 });
});

test('whatever happened: as time goes by, a source that was not backed up again becomes overdue once, and stays so', () => {
  const status = fc.constantFrom<Status>('ok', 'warning', 'failed', 'skipped', 'held', 'cancelled');
  const event = fc.tuple(status, fc.integer({ min: -200, max: 200 }));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.integer({ min: 1, max: 48 }), (events, everyHours) => {
      const state = stateOf(...events.map(([what, hours]) => ended(what, ago(hours))));
      const overdueAt = (nowMs: number): boolean | undefined => {
        const configured = [{ ...TAGS, expectEveryMs: everyHours * HOUR }];
        const [source] = health({ configured, states: state === undefined ? [] : [state], nowMs }).sources;
        expect(source?.overdue === true ? ['never', 'overdue'] : [undefined, 'failed', 'held']).toContain(
          source?.unprotected,
        );
        return source?.overdue;
      };
      const lastMs = state?.lastSuccess?.atMs;
      if (lastMs === undefined) {
        expect(overdueAt(NOW)).toBe(true);
        return;
      }
      const limitMs = lastMs + 1.5 * everyHours * HOUR;
      expect([lastMs, limitMs, limitMs + 1, limitMs + 9_999 * HOUR].map(overdueAt)).toEqual([false, false, true, true]);
    }),
  );
});
