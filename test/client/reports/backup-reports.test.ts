import { describe, expect, test } from 'vitest';
import type { CliContext } from '../../../src/client/cli-context.js';
import { printFleetResult } from '../../../src/client/reports/backup-report.js';
import { printHostResult } from '../../../src/client/reports/host-report.js';
import { NO_ERRORS } from '../../../src/core/errors/error-types.js';
import { failure } from '../../../src/core/failures.js';
import { NO_COUNTS } from '../../../src/workflows/backup/fleet-summary.js';
import type {
  FleetBackupResult,
  HostBackupResult,
  HostSummary,
  SourceResult,
  SourceSummary,
} from '../../../src/workflows/messages.js';

const FULL = 'rsync: [receiver] write failed on "/b/x": No space left on device (28)';
const DENIED = 'shadow: Cannot open: Permission denied';

function printed(print: (context: CliContext) => void): string[] {
  const lines: string[] = [];
  const take = (line: string): void => void lines.push(...line.split('\n'));
  print({
    json: false,
    quiet: false,
    verbose: false,
    interactive: false,
    print: take,
    printJson: () => undefined,
    note: take,
  });
  return lines;
}

const source = (news: Partial<SourceResult>): SourceResult => ({
  source: 'www',
  engine: 'archive',
  destination: 'vault',
  status: 'ok',
  dryRun: false,
  figures: { entries: 3, changed: 1, deleted: 0, sourceBytes: 10, storedBytes: 5, shards: 1 },
  errorCounts: NO_ERRORS,
  flaws: { count: 0, first: [] },
  scripts: [],
  notes: [],
  startedAtMs: 0,
  durationMs: 1_000,
  ...news,
});

const host = (news: Partial<HostBackupResult>): string[] =>
  printed((context) =>
    printHostResult(context, {
      kind: 'host-backup',
      host: 'web1',
      status: 'failed',
      sources: [],
      notes: [],
      startedAtMs: 0,
      durationMs: 1_000,
      ...news,
    }),
  );

const summary = (news: Partial<SourceSummary>): SourceSummary => ({
  source: 'www',
  engine: 'archive',
  status: 'failed',
  sourceBytes: 10,
  storedBytes: 5,
  entries: 3,
  flaws: 0,
  durationMs: 1_000,
  ...news,
});

function fleet(sources: readonly SourceSummary[], news: Partial<HostSummary> = {}): string[] {
  const one = { host: 'web1', status: 'failed', workflowId: 'host/web1', durationMs: 1_000, ...news } as const;
  const result: FleetBackupResult = {
    kind: 'fleet-backup',
    plan: 'nightly',
    status: 'failed',
    hostsTotal: 1,
    counts: { ...NO_COUNTS, failed: 1 },
    backupsMade: 0,
    storedBytes: 0,
    hosts: [{ ...one, sources, sourcesTotal: sources.length }],
    notes: [],
    startedAtMs: 0,
    durationMs: 1_000,
  };
  return printed((context) => printFleetResult(context, result));
}

describe('one host’s report', () => {
  test('counts errors by type, and shows what the programs said', () => {
    const lines = host({
      sources: [
        source({
          status: 'failed',
          failure: failure('DestinationFull', 'vault is full', { host: 'web1', source: 'www' }),
          errorCounts: { ...NO_ERRORS, disk_full: 1, permission: 2 },
          evidence: [FULL],
        }),
      ],
    });
    const at = lines.indexOf('  web1:www: vault is full');
    expect(lines.slice(at + 2, at + 4)).toEqual(['  errors: 2 permission, 1 disk full', `  | ${FULL}`]);
  });

  test('shows no line twice: flaws, scripts and the failure stand there already', () => {
    const message = 'web1: the post script thaw ended with status 3: first\nsecond';
    const lines = host({
      sources: [
        source({
          status: 'warning',
          failure: failure('HookFailed', message),
          flaws: {
            count: 1,
            first: [{ path: 'shadow', flaw: 'unreadable', message: 'Cannot open: Permission denied' }],
          },
          errorCounts: { ...NO_ERRORS, hook: 1, permission: 1 },
          evidence: ['web1: the post script thaw ended with status 3: first', 'second', DENIED, 'a new one'],
        }),
      ],
    });
    expect(lines.filter((line) => line.startsWith('  | '))).toEqual(['  | a new one']);
    expect(lines).toContain('  errors: 1 permission, 1 hook');
  });

  test('of a host that was away does not say so once more with each source', () => {
    const lines = host({
      status: 'skipped',
      failure: failure('HostUnreachable', 'web1: it refused the connection', { host: 'web1' }),
      sources: [source({ status: 'skipped', evidence: ['web1: it refused the connection'] })],
    });
    expect(lines.filter((line) => line.includes('refused'))).toHaveLength(1);
  });

  test('of a source that is well, and of an older worker’s, has none of this', () => {
    const { errorCounts: _, ...older } = source({});
    expect(host({ sources: [source({}), older] }).join('\n')).not.toMatch(/errors:|\|/);
  });
});

describe('a run’s report', () => {
  test('shows errors and evidence of each source that is not ok, below its failure', () => {
    const lines = fleet([
      summary({
        failure: failure('DestinationFull', 'vault is full', { host: 'web1', source: 'www' }),
        errorCounts: { disk_full: 1 },
        evidence: [FULL],
      }),
      summary({ source: 'etc', status: 'warning', flaws: 2, errorCounts: { permission: 2 }, evidence: [DENIED] }),
    ]);
    const at = lines.indexOf('web1:www: vault is full');
    expect(lines.slice(at + 2, at + 7)).toEqual([
      '  errors: 1 disk full',
      `  | ${FULL}`,
      'web1:etc: 2 entries could not be stored well; see `holdfast runs show host/web1`',
      '  errors: 2 permission',
      `  | ${DENIED}`,
    ]);
  });

  test('names the source where nothing else does', () => {
    const lines = fleet([summary({ status: 'warning', evidence: ['db.dump: a remark of the program'] })]);
    const at = lines.indexOf('web1:www: warning');
    expect(lines[at + 1]).toBe('  | db.dump: a remark of the program');
  });

  test('does not repeat a host’s own failure with its sources', () => {
    const away = failure('HostUnreachable', 'web1: it refused the connection', { host: 'web1' });
    const lines = fleet([summary({ status: 'skipped', evidence: ['web1: it refused the connection'] })], {
      status: 'skipped',
      failure: away,
    });
    expect(lines.filter((line) => line.includes('refused'))).toHaveLength(1);
    expect(lines).not.toContain('web1:www: skipped');
  });

  test('of a line that was cut recognises it', () => {
    const message = `web1: ${'x'.repeat(400)}`;
    const lines = fleet([
      summary({ failure: failure('DumpFailed', message), evidence: [`${message.slice(0, 299)}…`] }),
    ]);
    expect(lines.filter((line) => line.startsWith('  | '))).toEqual([]);
  });
});
