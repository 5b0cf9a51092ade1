import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../../src/demo/loopback-process.js';
import { makeKey } from '../../../src/demo/sshd-setup.js';
import { type Fault, NEEDS_ROOT } from './fault.js';
import { FleetHost } from './host.js';
import { directoryPrefixOf, newFleetName, removeDirectory, removeLeftovers } from './leftovers.js';
import { loopbackMachine } from './loopback-machine.js';
import type { Machine } from './machine.js';
import { namespacedMachine } from './namespaced-machine.js';
import { makeNetwork } from './network.js';
import { growFleetTree, type TreeSize } from './tree.js';

export interface FleetOptions {
  /** What is wrong with each host; undefined: nothing. Its length is the fleet's. */
  readonly hosts: readonly (Fault | undefined)[];
  readonly tree?: Partial<TreeSize>;
  /** Default: namespaces for root, loopback otherwise. */
  readonly ground?: 'namespaces' | 'loopback';
}

/** Many real sshds at once: see FleetHost. What a killed process left of an earlier one is removed first. */
export interface Fleet {
  /** `host-1` and so on; in the order that was asked for. */
  readonly hosts: readonly FleetHost[];
  /** For whatever belongs to it; removed with it. */
  readonly directory: string;
  /** Ends all hosts, and removes all that was made. */
  stop(): Promise<void>;
}

const SMALL: TreeSize = { files: 40, fileBytes: 2_000, bigFile: false };
const AT_ONCE = 8;

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const isRoot = process.getuid?.() === 0;
  const ground = options.ground ?? (isRoot ? 'namespaces' : 'loopback');
  const impossible = options.hosts.filter((fault) => fault !== undefined && NEEDS_ROOT.includes(fault) && !isRoot);
  if (impossible.length > 0) throw new Error(`only root can have hosts with ${impossible.join(', ')}`);
  await removeLeftovers();

  const name = newFleetName();
  const directory = await mkdtemp(directoryPrefixOf(name));
  const started: FleetHost[] = [];
  const closing: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const host of started.splice(0)) await host.stop();
    for (const close of closing.splice(0)) await close();
    await removeDirectory(directory);
  };
  try {
    await makeKey(await findProgram('ssh-keygen', 'openssh-client'), join(directory, 'client_key'));
    const machineOf = await (ground === 'namespaces' ? inNamespaces : onLoopback)(name, directory, options, closing);
    const hosts = await inTurns(options.hosts, async (fault, number) => {
      const own = join(directory, `host-${number + 1}`);
      const tree = join(own, 'files');
      await mkdir(tree, { recursive: true });
      for (const key of ['client_key', 'client_key.pub']) await copyFile(join(directory, key), join(own, key));
      const moves = fault === 'dies' || fault === 'slow' || fault === 'destination-full';
      await growFleetTree(tree, `host-${number + 1}`, { ...SMALL, bigFile: moves, ...options.tree });
      const machine = await machineOf(number, own, tree);
      const host = await FleetHost.start(`host-${number + 1}`, fault, machine, { directory: own, tree });
      started.push(host);
      return host;
    });
    return { hosts, directory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type MachineOf = (number: number, directory: string, tree: string) => Promise<Machine>;
type Closing = (() => Promise<void>)[];

async function inNamespaces(
  name: string,
  directory: string,
  { hosts }: FleetOptions,
  closing: Closing,
): Promise<MachineOf> {
  const network = await makeNetwork(name, hosts.length);
  closing.push(network.remove);
  const sourcePath = join(directory, 'data');
  await mkdir(sourcePath);
  return async (number, own, tree) => namespacedMachine({ network, number, directory: own, tree, sourcePath });
}

async function onLoopback(
  _name: string,
  _directory: string,
  _options: FleetOptions,
  closing: Closing,
): Promise<MachineOf> {
  return async (_number, own, tree) => {
    const machine = await loopbackMachine(own, tree);
    closing.push(machine.close);
    return machine;
  };
}

/** In the order of the items; the first failure is thrown when those begun have ended. */
async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item, number: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE) {
    const settled = await Promise.allSettled(
      items.slice(first, first + AT_ONCE).map((item, place) => work(item, first + place)),
    );
    for (const one of settled) {
      if (one.status === 'rejected') throw one.reason;
      results.push(one.value);
    }
  }
  return results;
}
