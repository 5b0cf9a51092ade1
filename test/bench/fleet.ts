import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { fleetConfiguration } from '../support/fleet/configuration.js';
import { startFleet, type Fleet } from '../support/fleet/fleet.js';
import { type HoldfastService, startService } from './holdfast.js';
import { median, race, type Contender, type Timing } from './measure.js';
import { forgetPeak, peakMiB } from './million.js';
import { timingTable } from './report.js';

const HOSTS = 50;
const PARALLEL_HOSTS = 20;
const TREE = { files: 400, fileBytes: 8_000 };

/**
 * A run over fifty real sshds, each with a network of its own (root), beside the same rsync by hand from as many hosts at a time: seconds, what a host costs
 * beside its data, and the worker's memory.
 */
export async function fleetRows(directory: string, rounds: number): Promise<string> {
  process.stderr.write(`bench: starting ${HOSTS} hosts with ${TREE.files} files each\n`);
  const fleet = await startFleet({ hosts: Array<undefined>(HOSTS).fill(undefined), tree: TREE });
  try {
    const holdfast = await startService(join(directory, 'fleet'), (backupBase) =>
      stringify(fleetConfiguration(fleet, { backupBase, settings: { parallel_hosts: PARALLEL_HOSTS } })),
    );
    try {
      const byHand = await rsyncOfAll(fleet, directory);
      const peaks: number[] = [];
      const before = await peakMiB(holdfast.pid());
      const full = await race([watched(holdfast, peaks, holdfast.empty), byHand('first')], rounds);
      const again = await race([watched(holdfast, peaks), byHand('again')], rounds);
      const memory = `Most memory of the worker: ${Math.round(Math.max(...peaks))} MiB; before its first run ${Math.round(before)} MiB.`;
      return [...rowsOf('full', full), ...rowsOf('nothing changed', again), memory, ''].join('\n');
    } finally {
      await holdfast.stop();
    }
  } finally {
    await fleet.stop();
  }
}

function rowsOf(what: string, timings: readonly Timing[]): string[] {
  const [ours, theirs] = timings as [Timing, Timing];
  const overheads = ours.seconds.map((seconds, round) => ((seconds - (theirs.seconds[round] ?? 0)) / HOSTS) * 1000);
  const table = timingTable(`${HOSTS} real hosts, mirror, ${what}, ${PARALLEL_HOSTS} at a time`, timings);
  return [table, `${median(overheads).toFixed(0)} ms more per host than by hand.`, ''];
}

/** A backup of all hosts, all of which must be ok: the command fails otherwise. */
const watched = (holdfast: HoldfastService, peaks: number[], prepare?: () => Promise<void>): Contender => ({
  name: 'Holdfast',
  prepare: async () => {
    await prepare?.();
    await forgetPeak(holdfast.pid());
  },
  run: async () => {
    await holdfast.run('backup');
    peaks.push(await peakMiB(holdfast.pid()));
  },
});

/** The options that the mirror engine ends up with; xargs(1) keeps as many going. */
async function rsyncOfAll({ hosts }: Fleet, directory: string): Promise<(kind: 'first' | 'again') => Contender> {
  const config = join(directory, 'fleet-ssh-config');
  const target = join(directory, 'fleet-by-hand');
  const blocks = hosts.map(({ name, machine, user, identityFile, knownHostsFile }) =>
    [
      `Host ${name}`,
      `HostName ${machine.address}`,
      `Port ${machine.port}`,
      `User ${user}`,
      `IdentityFile ${identityFile}`,
      `UserKnownHostsFile ${knownHostsFile}`,
      'BatchMode yes',
    ].join('\n'),
  );
  await writeFile(config, `${blocks.join('\n')}\n`, { mode: 0o600 });
  const options = [
    '-aHAX',
    '--numeric-ids',
    '--modify-window=-1',
    '--delete-delay',
    '--stats',
    '-e',
    `ssh -F ${config}`,
  ];
  // All hosts have their files at the same path.
  const script = 'from=$1 to=$2 host=$3; shift 3; exec rsync "$@" "$host:$from/" "$to/$host/"';
  const words = [
    '-P',
    String(PARALLEL_HOSTS),
    '-I',
    '{}',
    'sh',
    '-c',
    script,
    'sh',
    hosts[0]?.sourcePath ?? '',
    target,
    '{}',
  ];
  const copyAll = () =>
    execa('xargs', [...words, ...options], {
      input: hosts.map(({ name }) => `${name}\n`).join(''),
      stdout: 'ignore',
      stderr: 'pipe',
    });
  return (kind) => ({
    name: 'rsync by hand',
    prepare: async (round) => {
      if (kind === 'first') {
        await rm(target, { recursive: true, force: true });
        await mkdir(target);
      } else if (round === 0) await copyAll();
    },
    run: async () => {
      await copyAll();
    },
  });
}
