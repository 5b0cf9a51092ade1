import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../../src/demo/loopback-process.js';
import { waitForBanner } from '../../../src/demo/loopback-port.js';
import { killAllIn, pidsIn } from './leftovers.js';
import type { Machine } from './machine.js';
import { HOST_INTERFACE, type FleetNetwork } from './network.js';
import { ipBatch, system } from './system.js';

const PORT = 22;

export interface NamespacedMachineOptions {
  readonly network: FleetNetwork;
  /** Its number in the fleet. */
  readonly number: number;
  /** The host's own, with its log. */
  readonly directory: string;
  /** The host's files. */
  readonly tree: string;
  /** An empty directory that all hosts have, where each sees its own files. */
  readonly sourcePath: string;
}

/** A host with a network, mounts and process ids of its own: sshd is its process 1, and nothing survives it. Needs root. */
export function namespacedMachine({ network, number, directory, tree, sourcePath }: NamespacedMachineOptions): Machine {
  const namespace = network.namespaceOf(number);
  const address = network.addressOf(number);
  let init: ChildProcess | undefined;
  return {
    address,
    port: PORT,
    listen: { address, port: PORT },
    sourcePath,
    start: async (sshdConfig) => {
      const sshd = await findProgram('sshd', 'openssh-server');
      await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
      const log = await open(join(directory, 'sshd.log'), 'a', 0o600);
      const script = 'mount --bind "$1" "$2" && exec "$3" -D -e -f "$4"';
      const words = ['netns', 'exec', namespace, 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
      init = spawn('ip', [...words, 'sh', '-c', script, 'sh', tree, sourcePath, sshd, sshdConfig], {
        env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      init.once('error', () => undefined);
      await log.close();
      await waitForBanner(PORT, address);
    },
    kill: async () => {
      init = undefined;
      await killAllIn(namespace);
    },
    processes: async () => {
      const own = await ownPids(init?.pid);
      return (await pidsIn(namespace)).filter((pid) => !own.includes(pid));
    },
    limitTo: async (bytesPerSecond) => {
      const qdisc = ['-n', namespace, 'qdisc'];
      const device = ['dev', HOST_INTERFACE, 'root'];
      if (bytesPerSecond === undefined) {
        await system('tc', [...qdisc, 'delete', ...device]);
        return;
      }
      const rate = `${8 * bytesPerSecond}bit`;
      // Not every kernel has netem; the other one limits the rate only.
      await system('tc', [...qdisc, 'add', ...device, 'netem', 'delay', '20ms', 'rate', rate]).catch(() =>
        system('tc', [...qdisc, 'add', ...device, 'tbf', 'rate', rate, 'burst', '64kb', 'latency', '400ms']),
      );
    },
    // Packets still come in, so that nobody is told; no answer finds its way.
    setDark: async (dark) => {
      await ipBatch([`route ${dark ? 'add' : 'delete'} blackhole ${network.ownAddress}`], namespace);
    },
    sentBytes: async () => {
      const file = `/sys/class/net/${network.interfaceOf(number)}/statistics/rx_bytes`;
      return Number(await readFile(file, 'utf8'));
    },
  };
}

/** What started sshd, and sshd itself. */
async function ownPids(starter: number | undefined): Promise<number[]> {
  if (starter === undefined) return [];
  const children = await readFile(`/proc/${starter}/task/${starter}/children`, 'utf8').catch(() => '');
  return [starter, ...children.split(' ').filter(Boolean).map(Number)];
}
