import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { NoteEndedInput } from '../../../src/activities/contract.js';
import { createActivities } from '../../../src/activities/create-activities.js';
import { resultOf } from '../../../src/client/runs/workflow-results.js';
import { type ErrorCounts, NO_ERRORS } from '../../../src/core/errors/error-types.js';
import type { HistoryRecord, SourceRecord } from '../../../src/core/history/records.js';
import type { HostPlan, SourcePlan } from '../../../src/core/plan.js';
import { type LoopbackHost, startLoopbackHost } from '../../../src/demo/loopback-host.js';
import { SshConnections } from '../../../src/providers/remote/ssh-connections.js';
import { createProviders } from '../../../src/workers/providers.js';
import type { HostBackupResult, SourceResult } from '../../../src/workflows/messages.js';
import { addHostUser, type HostUser } from '../../support/host-user.js';
import { hookPlan, sourcePlan } from '../../support/plans.js';
import { startTemporal, type TemporalForTests } from '../../support/temporal.js';

/** What a backup says went wrong, on a real host whose login is not root: sshd, rsync, tar, file systems, sqlite3. Needs root. */
const MIB = 1 << 20;
let temporal: TemporalForTests;
let directory: string;
let user: HostUser;
let sshd: LoopbackHost;
let connections: SshConnections;
let tree: string;
const path = (name: string): string => join(directory, name);

beforeAll(async () => {
  temporal = await startTemporal();
  directory = await mkdtemp(join(tmpdir(), 'holdfast-errors-'));
  chmodSync(directory, 0o755);
  for (const name of ['sshd', 'base', 'small', 'scripts']) mkdirSync(path(name), { mode: 0o755 });
  user = addHostUser();
  sshd = await startLoopbackHost({ name: 'web1', directory: path('sshd'), sshdOptions: ['UsePAM yes'] });
  chmodSync(join(path('sshd'), 'authorized_keys'), 0o644);
  connections = new SshConnections();
});
afterAll(async () => {
  await connections?.close();
  await sshd?.stop();
  user?.remove();
  await rm(directory, { recursive: true, force: true });
  await temporal?.stop();
});

let number = 0;
beforeEach(() => {
  number += 1;
  tree = path(`tree-${number}`);
  mkdirSync(join(tree, 'd'), { recursive: true });
  writeFileSync(join(tree, 'open'), 'open');
  writeFileSync(join(tree, 'd/other'), 'other');
});

interface Ended {
  readonly source: SourceResult;
  readonly noted: SourceRecord;
}

async function backUp(
  news: Partial<SourcePlan>,
  changeHost: (host: HostPlan) => HostPlan = (host) => host,
): Promise<Ended> {
  const destination = { name: 'vault', type: 'local', path: path('base') } as const;
  const plan = sshd.plan([sourcePlan({ name: `s${number}`, path: tree, destination, ...news })]);
  const host = changeHost({ ...plan, ssh: { ...plan.ssh, user: user.name } });
  const providers = createProviders({ machine: 'test', stateDir: path('state'), connections });
  const records: HistoryRecord[] = [];
  const activities = {
    ...createActivities(providers),
    loadHost: async () => host,
    noteEnded: async (input: NoteEndedInput) => void records.push(...input.records),
  };
  const result = await temporal.withWorker(activities, async ({ start }) => {
    const handle = await start('hostBackup', {
      configPath: '/etc/holdfast/config.yaml',
      host: host.name,
      selection: { hosts: [], sources: [], tags: [] },
      options: { dryRun: false, full: false, approve: false },
    });
    return resultOf<HostBackupResult>(handle);
  });
  const [source] = result.sources;
  const noted = records.find((record) => record.kind === 'source');
  if (source === undefined || noted === undefined) throw new Error('the result or the history has no source');
  return { source, noted };
}

/** The result says it, and history keeps the same. */
function expectErrors({ source, noted }: Ended, counts: Partial<ErrorCounts>, evidence: readonly RegExp[]): void {
  expect(source.errorCounts).toEqual({ ...NO_ERRORS, ...counts });
  for (const line of evidence)
    expect(source.evidence).toEqual(expect.arrayContaining([expect.stringMatching(line) as string]));
  expect(noted).toMatchObject({
    status: source.status,
    errorCounts: source.errorCounts,
    evidence: source.evidence ?? [],
    warnings: source.warnings,
  });
}

/** The option by which a script stands in for rsync on the host. */
function rsyncOnHost(script: string): string {
  const folder = path(`bin-${number}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'rsync'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `--rsync-path=${join(folder, 'rsync')}`;
}

const onSmall = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path('small')]);
  try {
    return await work();
  } finally {
    execFileSync('umount', [path('small')]);
  }
};
const small = () => ({ name: 'small', type: 'local', path: path('small') }) as const;

describe.each(['mirror', 'archive'] as const)('a source (%s)', (engine) => {
  test('with nothing wrong has no errors and no evidence', async () => {
    const ended = await backUp({ engine });
    expect(ended.source).toMatchObject({ status: 'ok', warnings: 0 });
    expect(ended.source).not.toHaveProperty('evidence');
    expectErrors(ended, {}, []);
  });

  test('of which the login may not read all: each entry is a permission error, in the program’s words', async () => {
    writeFileSync(join(tree, 'shadow'), 'secret', { mode: 0o600 });
    mkdirSync(join(tree, 'private'), { mode: 0o700 });
    const ended = await backUp({ engine });
    expect(ended.source).toMatchObject({ status: 'warning', warnings: 2, flaws: { count: 2 } });
    expectErrors(ended, { permission: 2 }, [/shadow.*Permission denied/, /private.*Permission denied/]);
  });

  test('that may not be entered at all', async () => {
    chmodSync(tree, 0o700);
    const ended = await backUp({ engine });
    expect(ended.source).toMatchObject({ status: 'failed', failure: { type: 'SourceUnreadable' } });
    expectErrors(ended, { permission: 1 }, [/Permission denied/]);
  });

  test('that is not there', async () => {
    rmSync(tree, { recursive: true });
    const ended = await backUp({ engine });
    expect(ended.source).toMatchObject({ status: 'failed', failure: { type: 'SourceMissing' } });
    expectErrors(ended, { vanished: 1 }, [/does not exist|No such file or directory/]);
  });

  test('whose destination is full', async () => {
    execFileSync('dd', ['if=/dev/urandom', `of=${join(tree, 'big')}`, 'bs=1M', 'count=4', 'status=none']);
    const ended = await onSmall(() => backUp({ engine, destination: small() }));
    expect(ended.source).toMatchObject({ status: 'failed', failure: { type: 'DestinationFull' } });
    expectErrors(ended, { disk_full: 1 }, [/[Nn]o (?:space|room) left/]);
  });

  test('whose hook fails: its output is the evidence, and the backup stays', async () => {
    writeFileSync(path('scripts/refuse'), "#!/bin/sh\necho 'not today'\nexit 9\n", { mode: 0o755 });
    const hook = hookPlan('after_source', 'refuse', { run: { script: 'refuse', scriptsDir: path('scripts') } });
    const ended = await backUp({ engine, hooks: [hook] });
    expect(ended.source).toMatchObject({ status: 'warning', backupId: expect.any(String) as string, warnings: 1 });
    expectErrors(ended, { hook: 1 }, [/the after_source hook refuse ended with status 9: not today/]);
  });
});

describe('a mirror', () => {
  test('of which files vanish meanwhile counts them, with rsync’s exit code', async () => {
    writeFileSync(join(tree, 'a'), Buffer.alloc(8 * MIB, 'a'));
    writeFileSync(join(tree, 'z'), 'z');
    const mirror = join(path('base'), 'web1', `s${number}`);
    const isBegun = (): boolean => existsSync(mirror) && readdirSync(mirror).some((name) => name.startsWith('.a.'));
    const backingUp = backUp({ rsyncOptions: ['--bwlimit=4m'] });
    // When the content of `a` comes, rsync has its list of names.
    while (!isBegun()) await delay(20);
    rmSync(join(tree, 'z'));
    const ended = await backingUp;
    expect(ended.source).toMatchObject({ status: 'warning', rsyncExitCode: 24 });
    expectErrors(ended, { vanished: 1 }, [/^file has vanished: ".*\/z"/]);
    expect(ended.noted.rsyncExitCode).toBe(24);
  });

  test('that took in all has rsync’s figures, as the worker saw them', async () => {
    writeFileSync(join(tree, 'noise'), Buffer.alloc(MIB, 'n'));
    const { noted } = await backUp({});
    expect(noted).toMatchObject({ rsyncExitCode: 0, exitCode: 0, filesTransferred: 3 });
    // The content came from the host; what went there is the list of what is wanted.
    expect(noted.bytesReceived).toBeGreaterThan(MIB);
    expect(noted.bytesSent).toBeLessThan(10_000);
    expect(noted.speedup).toBeCloseTo(noted.totalSizeBytes / (noted.bytesReceived + noted.bytesSent), 1);
  });

  test('whose host’s shell prints text', async () => {
    const rsync = rsyncOnHost('echo Welcome; exec rsync "$@"');
    const ended = await backUp({ rsyncOptions: [rsync] });
    expect(ended.source).toMatchObject({ status: 'failed', failure: { type: 'HostShellPrintsText' } });
    expectErrors(ended, { protocol: 1 }, [/is your shell clean/]);
  });

  test('that rsync refuses to make fails with its words and its exit code', async () => {
    const ended = await backUp({ rsyncOptions: ['--compress', '--compress-choice=wobble'] });
    expect(ended.source).toMatchObject({ status: 'failed', failure: { type: 'RsyncFailed' } });
    expectErrors(ended, { other: 1 }, [/unknown compress name: wobble/]);
    expect(ended.noted.rsyncExitCode).toBe(4);
  });

  test('whose rsync hangs on the host is ended by its time limit', async () => {
    // It hears nothing of its connection's end, and goes on for as long as it likes.
    const pid = path('hanging.pid');
    const rsync = rsyncOnHost(`echo $$ >'${pid}'; exec sleep 600`);
    writeFileSync(pid, '', { mode: 0o666 });
    chmodSync(pid, 0o666);
    const ended = await backUp({ rsyncOptions: [rsync], timeoutMs: 3_000 });
    process.kill(Number(readFileSync(pid, 'utf8')));
    expect(ended.source).toMatchObject({ status: 'failed', failure: { type: 'TimedOut' } });
    expectErrors(ended, { timeout: 1 }, [/stopped after 3 s, its time limit/]);
  });
});

describe('an archive', () => {
  test('has what it stored for what it received', async () => {
    writeFileSync(join(tree, 'noise'), Buffer.alloc(MIB, 'n'));
    const { source, noted } = await backUp({ engine: 'archive' });
    expect(noted).toMatchObject({ level: 0, bytesSent: 0, bytesReceived: source.figures.storedBytes });
    expect(noted.bytesReceived).toBeGreaterThan(0);
    expect(noted.speedup).toBeCloseTo(source.figures.sourceBytes / source.figures.storedBytes, 1);
  });
});

describe('a dump', () => {
  const dumpOf = (file: string): Partial<SourcePlan> => ({
    engine: 'archive',
    path: '/dump/sqlite',
    dump: { type: 'sqlite', file, globals: false, options: [] },
  });

  test('of a database that is not there is a matter of the configuration', async () => {
    const ended = await backUp(dumpOf('/nonexistent/x.db'));
    expect(ended.source).toMatchObject({ status: 'failed', failure: { type: 'DatabaseNotFound' } });
    expectErrors(ended, { configuration: 1 }, [/.+/]);
  });

  test('of what is no database fails with the program’s words', async () => {
    writeFileSync(join(tree, 'text'), 'hello, I am no database at all\n'.repeat(100));
    const ended = await backUp(dumpOf(join(tree, 'text')));
    expect(ended.source).toMatchObject({ status: 'failed', failure: { type: 'DumpFailed' } });
    expectErrors(ended, { other: 1 }, [/not a database/]);
  });
});

describe('a host', () => {
  const withSsh =
    (news: Partial<HostPlan['ssh']>) =>
    (host: HostPlan): HostPlan => ({ ...host, ssh: { ...host.ssh, ...news } });

  test('that refuses the login fails its sources for want of permission', async () => {
    const ended = await backUp({}, withSsh({ user: 'holdfast-nobody' }));
    expect(ended.source).toMatchObject({ status: 'failed' });
    expect(ended.noted.failure).toMatchObject({ type: 'HostAuthFailed' });
    expectErrors(ended, { permission: 1 }, [/[Pp]ermission denied/]);
  });

  test('that does not answer has skipped sources with the reason, and no errors', async () => {
    const ended = await backUp({}, withSsh({ port: 1 }));
    expect(ended.source.status).toBe('skipped');
    expect(ended.noted.failure).toMatchObject({ type: 'HostUnreachable' });
    expectErrors(ended, {}, [/[Cc]onnection refused/]);
  });
});
