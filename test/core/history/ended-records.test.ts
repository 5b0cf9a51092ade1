import { describe, expect, test } from 'vitest';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import type { EndedHost, EndedSource } from '../../../src/core/history/ended.js';
import { recordOfHost, recordOfSource, recordsOfHost } from '../../../src/core/history/ended-records.js';
import { NO_STATISTICS } from '../../../src/core/rsync/statistics.js';
import type { Status } from '../../../src/core/statuses.js';

const START = 1_795_226_400_000;
const RUN = { workflowId: 'host/web1', runId: '01a1fcc3' };
const OF = { ...RUN, host: 'web1' };

const source = (news: Partial<EndedSource> = {}): EndedSource => ({
  source: 'www',
  engine: 'mirror',
  destination: 'vault',
  status: 'ok',
  figures: { entries: 100, changed: 5, deleted: 1, sourceBytes: 1_000_000, storedBytes: 50_000 },
  flaws: { count: 0, first: [] },
  errorCounts: NO_ERRORS,
  warnings: 0,
  startedAtMs: START,
  durationMs: 2_000,
  ...news,
});

const host = (news: Partial<EndedHost> = {}): EndedHost => ({
  host: 'web1',
  status: 'ok',
  sources: [source()],
  startedAtMs: START - 500,
  durationMs: 3_000,
  ...news,
});

describe('the record of a source', () => {
  test('has an id of its run, its own time, and rsync’s figures as the worker saw them', () => {
    const transfer = { ...NO_STATISTICS, filesTransferred: 5, bytesSent: 2_000, bytesReceived: 52_000, speedup: 18.52 };
    const record = recordOfSource(source({ transfer, backupId: '20261121T020000Z-0', level: 0, rsyncExitCode: 0 }), OF);
    expect(record).toEqual({
      kind: 'source',
      id: 'source/01a1fcc3/web1/www',
      atMs: START + 2_000,
      host: 'web1',
      source: 'www',
      destination: 'vault',
      engine: 'mirror',
      ...RUN,
      status: 'ok',
      startedAtMs: START,
      durationMs: 2_000,
      backupId: '20261121T020000Z-0',
      level: 0,
      errorCounts: NO_ERRORS,
      warnings: 0,
      evidence: [],
      exitCode: 0,
      rsyncExitCode: 0,
      totalSizeBytes: 1_000_000,
      storedBytes: 50_000,
      bytesSent: 2_000,
      bytesReceived: 52_000,
      speedup: 18.52,
      filesTotal: 100,
      filesTransferred: 5,
      filesDeleted: 1,
    });
  });

  test('of an archive takes what was stored for what was received', () => {
    const record = recordOfSource(source({ engine: 'archive', level: 3 }), OF);
    expect(record).toMatchObject({ bytesSent: 0, bytesReceived: 50_000, filesTransferred: 5, speedup: 20, level: 3 });
    const figures = { entries: 3, changed: 3, deleted: 0, sourceBytes: 1_000, storedBytes: 300 };
    expect(recordOfSource(source({ engine: 'archive', figures }), OF)).toMatchObject({ speedup: 3.33 });
  });

  test.each(['mirror', 'archive'] as const)('of a %s that moved nothing has no speedup', (engine) => {
    const figures = { entries: 100, changed: 7, deleted: 0, sourceBytes: 1_000_000, storedBytes: 0 };
    const record = recordOfSource(source({ engine, figures, status: 'held' }), OF);
    expect(record).not.toHaveProperty('speedup');
    expect(record).toMatchObject({ bytesReceived: 0, bytesSent: 0, filesTransferred: 0 });
  });

  test.each<[Status, number]>([
    ['ok', 0],
    ['warning', 3],
    ['failed', 1],
    ['cancelled', 1],
    ['skipped', 4],
    ['held', 4],
  ])('%s has the exit code %i', (status, exitCode) => {
    expect(recordOfSource(source({ status }), OF)).toMatchObject({ status, exitCode });
  });

  test('that could not begin for what is configured has the exit code of that', () => {
    const failure = { type: 'SourceNotInConfig', message: 'web1 has none' } as const;
    expect(recordOfSource(source({ status: 'failed', failure }), OF)).toMatchObject({ exitCode: 2, failure });
  });

  test('carries failure, errors, warnings and evidence; a long message is cut', () => {
    const failure = { type: 'DestinationFull', message: 'x'.repeat(1_000) } as const;
    const errorCounts = { ...NO_ERRORS, disk_full: 1, permission: 2 };
    const ended = source({ status: 'failed', failure, errorCounts, warnings: 2, evidence: ['no room'] });
    expect(recordOfSource(ended, OF)).toMatchObject({
      failure: { type: 'DestinationFull', message: `${'x'.repeat(399)}…` },
      errorCounts,
      warnings: 2,
      evidence: ['no room'],
    });
  });

  test.each<[Status, boolean]>([
    ['skipped', true],
    ['failed', true],
    ['cancelled', true],
    ['ok', false],
    ['warning', false],
    ['held', false],
  ])('%s without a failure of its own has its host’s: %s', (status, has) => {
    const failure = { type: 'HostUnreachable', message: 'web1 did not answer' } as const;
    const record = recordOfSource(source({ status }), { ...OF, failure });
    expect(record.failure).toEqual(has ? failure : undefined);
    expect(record.evidence).toEqual(has ? ['web1 did not answer'] : []);
  });

  test('of an older version counts what it can', () => {
    const {
      errorCounts: _,
      warnings: _warnings,
      ...older
    } = source({
      engine: 'archive',
      status: 'failed',
      failure: { type: 'TransferInterrupted', message: 'cut off\nby the network' },
      flaws: { count: 3, first: [{ path: 'a', flaw: 'unreadable', message: 'Cannot open: Permission denied' }] },
    });
    expect(recordOfSource(older, OF)).toMatchObject({
      errorCounts: { ...NO_ERRORS, connection: 1, permission: 1, partial: 2 },
      warnings: 3,
      evidence: ['cut off', 'by the network'],
    });
    const six = { permission: 1, vanished: 2 };
    expect(recordOfSource(source({ errorCounts: six }), OF).errorCounts).toEqual({ ...NO_ERRORS, ...six });
    const { errorCounts: _counts, ...away } = source({ status: 'skipped' });
    const failure = { type: 'HostUnreachable', message: 'away' } as const;
    expect(recordOfSource(away, { ...OF, failure }).errorCounts).toEqual(NO_ERRORS);
  });

  test('is the same however often it is made', () => {
    expect(recordOfSource(source(), OF)).toEqual(recordOfSource(source(), OF));
  });
});

describe('the record of a host', () => {
  test('sums its sources up', () => {
    const result = host({
      status: 'failed',
      sources: [
        source({ errorCounts: { ...NO_ERRORS, permission: 2 }, warnings: 2, status: 'warning' }),
        source({ source: 'etc', status: 'failed', errorCounts: { ...NO_ERRORS, disk_full: 1 } }),
        source({ source: 'home' }),
      ],
    });
    expect(recordOfHost(result, RUN)).toEqual({
      kind: 'host',
      id: 'host/01a1fcc3',
      atMs: START + 2_500,
      host: 'web1',
      ...RUN,
      status: 'failed',
      startedAtMs: START - 500,
      durationMs: 3_000,
      sources: { ok: 1, warning: 1, failed: 1, skipped: 0, held: 0, cancelled: 0 },
      errors: 3,
      warnings: 2,
      totalSizeBytes: 3_000_000,
      storedBytes: 150_000,
    });
  });

  test('counts its own hooks, but for those that are to be ignored or were cancelled', () => {
    const failed = { type: 'HookFailed', message: 'exit 1' } as const;
    const hooks = [
      { onFailure: 'warn', failure: failed },
      { onFailure: 'ignore', failure: failed },
      { onFailure: 'warn', failure: { type: 'Cancelled', message: 'cancelled' } },
      { onFailure: 'warn' },
    ] as const;
    expect(recordOfHost(host({ status: 'warning', failure: failed, hooks }), RUN)).toMatchObject({
      errors: 1,
      warnings: 1,
      failure: failed,
    });
    expect(recordOfHost(host({ status: 'failed', hooks }), RUN)).toMatchObject({ errors: 1, warnings: 0 });
  });

  test('of which nothing is known has one error when it failed, and none when it was away', () => {
    const unread = { type: 'ConfigInvalid', message: 'bad' } as const;
    const nothing = { sources: [], failure: unread };
    expect(recordOfHost(host({ ...nothing, status: 'failed' }), RUN)).toMatchObject({ errors: 1, failure: unread });
    expect(recordOfHost(host({ ...nothing, status: 'skipped' }), RUN)).toMatchObject({ errors: 0 });
  });
});

describe('all records of a hostBackup', () => {
  test('are its sources, then the host', () => {
    const failure = { type: 'HostUnreachable', message: 'web1 did not answer' } as const;
    const sources = [source({ status: 'skipped' }), source({ source: 'etc', status: 'skipped' })];
    const records = recordsOfHost(host({ status: 'skipped', failure, sources }), RUN);
    expect(records.map(({ id, failure: why }) => [id, why?.type])).toEqual([
      ['source/01a1fcc3/web1/www', 'HostUnreachable'],
      ['source/01a1fcc3/web1/etc', 'HostUnreachable'],
      ['host/01a1fcc3', 'HostUnreachable'],
    ]);
  });

  test('of a dry run are none, whatever version told of it', () => {
    expect(recordsOfHost(host({ dryRun: true }), RUN)).toEqual([]);
    expect(recordsOfHost(host({ dryRun: true, sources: [] }), RUN)).toEqual([]);
    expect(recordsOfHost(host({ sources: [source({ dryRun: true })] }), RUN)).toEqual([]);
  });
});
