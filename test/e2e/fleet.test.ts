import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runningServer } from '../../src/client/embedded/record.js';
import { endProcess } from '../../src/client/processes.js';
import { FAILURES, type Failure, type FailureType } from '../../src/core/failures.js';
import type { Engine } from '../../src/core/plan.js';
import type { MeasuredSize } from '../../src/core/sizes/sizes.js';
import type { Status } from '../../src/core/statuses.js';
import type { FleetBackupResult, HostSummary } from '../../src/workflows/messages.js';
import { runCli, runJson, type RunningCli, startUp } from '../support/cli.js';
import { fleetConfiguration } from '../support/fleet/configuration.js';
import type { Fault } from '../support/fleet/fault.js';
import { startFleet, type Fleet } from '../support/fleet/fleet.js';
import type { FleetHost } from '../support/fleet/host.js';
import { describeTree } from '../support/tree-oracle.js';

/** A night of twenty hosts, half of them with something wrong, and the night after. Needs root. */
const HEALTHY = 10;
const WRONG: readonly Fault[] = [
  'down',
  'dark',
  'slow',
  'key-refused',
  'host-key-changed',
  'host-key-unknown',
  'destination-full',
  'without-rsync',
  'printing-shell',
  'dies',
];
/** What each of them must be called; the others are backed up all the same. */
const NAMED: Partial<Record<Fault, readonly [Status, FailureType]>> = {
  down: ['skipped', 'HostUnreachable'],
  dark: ['skipped', 'HostUnreachable'],
  'key-refused': ['failed', 'HostAuthFailed'],
  'host-key-changed': ['failed', 'HostKeyChanged'],
  'host-key-unknown': ['failed', 'HostKeyUnknown'],
  'destination-full': ['failed', 'DestinationFull'],
  'without-rsync': ['failed', 'ToolMissing'],
  'printing-shell': ['failed', 'HostShellPrintsText'],
};

let fleet: Fleet;
let up: RunningCli;
const path = (name: string): string => join(fleet.directory, name);
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: path('state') });

interface Listed {
  readonly host: string;
  readonly status: string;
}

const holdfast = <Summary>(...words: string[]) =>
  runJson<Summary>(['--config', path('holdfast.yaml'), ...words], environment());

/** Every other healthy host is archived; a fault meets a mirror. */
const engineOf = (host: FleetHost): Engine =>
  Number(host.name.slice('host-'.length)) % 2 === 0 && host.fault === undefined ? 'archive' : 'mirror';
const engines = new Map<string, Engine>();

beforeAll(async () => {
  fleet = await startFleet({ hosts: [...Array<undefined>(HEALTHY).fill(undefined), ...WRONG] });
  await mkdir(path('backups'));
  for (const host of fleet.hosts) engines.set(host.name, engineOf(host));
  await writeFile(
    path('holdfast.yaml'),
    stringify(
      fleetConfiguration(fleet, {
        backupBase: path('backups'),
        engineOf: ({ name }) => engines.get(name) ?? 'mirror',
      }),
    ),
  );
  up = await startUp(environment());
});

afterAll(async () => {
  up?.kill('SIGTERM');
  await up?.ended;
  const server = fleet && runningServer(path('state'));
  if (server) await endProcess(server.pid, 10_000);
  await fleet?.stop();
});

async function requireEqualCopy(host: FleetHost): Promise<void> {
  const restored = path(`restored-${host.name}`);
  const { exit, stderr } = await holdfast('restore', '--host', host.name, '--source', 'data', '--target', restored);
  expect(exit, `${host.name}: ${stderr}`).toBe(0);
  expect(await describeTree(restored), host.name).toEqual(await describeTree(host.tree));
}

/** The mirror itself, or what a restore brings back. */
async function requireBackedUp(host: FleetHost): Promise<void> {
  if (engines.get(host.name) === 'archive') return requireEqualCopy(host);
  const base = host.destination ?? path('backups');
  expect(await describeTree(join(base, host.name, 'data')), host.name).toEqual(await describeTree(host.tree));
}

const failureOf = ({ failure, sources }: HostSummary): Failure | undefined => failure ?? sources[0]?.failure;

test('one run tells what is wrong with each host, and backs up all others', { timeout: 240_000 }, async () => {
  const { exit, summary } = await holdfast<FleetBackupResult>('backup');
  const ended = new Map(summary.hosts.map((host) => [host.host, host]));
  const told = fleet.hosts.map(({ name, fault }) => {
    const host = ended.get(name);
    return [fault ?? 'healthy', host?.status, host && failureOf(host)?.type];
  });
  expect(told).toEqual(
    fleet.hosts.map(({ fault }) => [fault ?? 'healthy', ...((fault && NAMED[fault]) ?? (['ok', undefined] as const))]),
  );
  expect(exit).toBe(1);
  expect(summary).toMatchObject({ status: 'failed', hostsTotal: 20, counts: { ok: 12, skipped: 2, failed: 6 } });
  for (const host of summary.hosts) {
    const failure = failureOf(host);
    if (failure === undefined) continue;
    expect(failure.message).not.toBe('');
    expect(failure.action).toBe(FAILURES[failure.type].action);
    expect(failure.host).toBe(host.host);
  }
  // It lost its host in the middle, and went on when the host was back.
  expect(fleet.hosts.find(({ fault }) => fault === 'dies')?.deaths).toBe(1);
  await Promise.all(fleet.hosts.filter(({ fault }) => !(fault && NAMED[fault])).map(requireBackedUp));
});

test('of what failed, nothing looks finished', async () => {
  const { exit, summary } = await holdfast<{ readonly backups: readonly Listed[] }>('backups');
  expect(exit).toBe(0);
  const usable = summary.backups.filter(({ status }) => status === 'ok' || status === 'warning');
  const good = fleet.hosts.filter(({ fault }) => !(fault && NAMED[fault])).map(({ name }) => name);
  expect(usable.map(({ host }) => host).toSorted()).toEqual(good.toSorted());
  const full = fleet.hosts.find(({ fault }) => fault === 'destination-full') as FleetHost;
  const restore = await holdfast<{ readonly failure: Failure }>(
    ...['restore', '--host', full.name, '--source', 'data', '--target', path('from-full')],
  );
  expect(restore.exit).toBe(1);
});

test('no process of ours stays on any host', async () => {
  // A login stays open for a minute, for the next run: it is sshd’s own processes, and a `cat`.
  const strangers = async (): Promise<string[]> => {
    const lines = await Promise.all(fleet.hosts.map((host) => commandsOn(host)));
    return lines.flat().filter((line) => !line.startsWith('sshd: ') && line !== 'cat');
  };
  await expect.poll(strangers, { timeout: 20_000 }).toEqual([]);
});

test('when the faults are gone, the next run makes all of them ok', { timeout: 240_000 }, async () => {
  const wrong = fleet.hosts.filter(({ fault }) => fault !== undefined);
  for (const host of wrong) await host.heal();
  const { exit, summary, stderr } = await holdfast<FleetBackupResult>('backup');
  const bad = summary.hosts.filter(({ status }) => status !== 'ok').map((host) => [host.host, failureOf(host)]);
  expect(bad, stderr).toEqual([]);
  expect(exit).toBe(0);
  await Promise.all(wrong.map(requireBackedUp));
});

test('sizes are measured in the background, and told with their age', async () => {
  const web = fleet.hosts[0] as FleetHost;
  const scan = await runCli(['--config', path('holdfast.yaml'), '--json', 'sizes', 'scan'], environment());
  expect(scan.exit, scan.stderr).toBe(0);
  const documents = scan.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const sizes = documents.filter((one) => one['message_type'] === 'size') as unknown as MeasuredSize[];
  expect(sizes.map(({ host, kind }) => [host, kind]).toSorted()).toEqual(
    fleet.hosts.map(({ name }) => [name, engines.get(name) ?? 'mirror']).toSorted(),
  );
  expect(sizes.every(({ complete, totalBytes }) => complete && totalBytes > 0)).toBe(true);
  const { stdout } = await execa('du', [
    '--summarize',
    '--block-size=1',
    '--',
    join(path('backups'), web.name, 'data'),
  ]);
  expect(sizes.find(({ host }) => host === web.name)?.totalBytes).toBe(Number(stdout.split('\t')[0]));
  expect(documents.at(-1)).toMatchObject({ kind: 'scan-sizes', status: 'ok', counts: { measured: 20 }, exit_code: 0 });

  const listed = await runCli(['--config', path('holdfast.yaml'), 'sizes', web.name], environment());
  expect(listed.exit).toBe(0);
  expect(listed.stdout).toMatch(new RegExp(`${web.name} +data +mirror .* s ago`));
  const nobody = await runCli(['--config', path('holdfast.yaml'), 'sizes', 'scan', 'host-99'], environment());
  expect(nobody.exit).toBe(2);
});

async function commandsOn(host: FleetHost): Promise<string[]> {
  const pids = await host.machine.processes();
  const lines = await Promise.all(
    pids.map((pid) =>
      readFile(`/proc/${pid}/cmdline`, 'latin1').then(
        (line) => line.replaceAll('\0', ' ').trim(),
        () => '',
      ),
    ),
  );
  return lines.filter((line) => line !== '');
}
