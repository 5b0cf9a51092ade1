import { ipBatch, system } from './system.js';

/**
 * A bridge with one network namespace for each host, all named after the process that made them (see leftovers.ts). Needs root.
 *
 * Addresses are of 198.18.0.0/15, which RFC 2544 sets aside for tests of networks.
 */
export interface FleetNetwork {
  /** Prefix of all names: `hf<pid><letter>`. */
  readonly name: string;
  addressOf(host: number): string;
  namespaceOf(host: number): string;
  /** The host's end of the cable in this machine's own namespace. */
  interfaceOf(host: number): string;
  readonly ownAddress: string;
  readonly remove: () => Promise<void>;
}

/** Inside of a host's namespace. */
export const HOST_INTERFACE = 'eth0';
export const HOSTS_AT_MOST = 250;
const BLOCKS = 512;

export async function makeNetwork(name: string, hosts: number): Promise<FleetNetwork> {
  if (hosts > HOSTS_AT_MOST) throw new RangeError(`a fleet has ${HOSTS_AT_MOST} hosts at most`);
  const block = await freeBlock();
  const network: FleetNetwork = {
    name,
    ownAddress: `${block}.1`,
    addressOf: (host) => `${block}.${host + 2}`,
    namespaceOf: (host) => `${name}-${host}`,
    interfaceOf: (host) => `${name}${host}`,
    remove: async () => {
      // The kernel removes a namespace's cables some time after it: so they go first.
      const cables = numbers(hosts).map((host) => `link delete ${network.interfaceOf(host)}`);
      const namespaces = numbers(hosts).map((host) => `netns delete ${network.namespaceOf(host)}`);
      await ipBatch([...cables, ...namespaces, `link delete ${name}`]);
    },
  };
  const all = numbers(hosts);
  await ipBatch([
    `link add ${name} type bridge`,
    `address add ${network.ownAddress}/24 dev ${name}`,
    `link set ${name} up`,
    ...all.flatMap((host) => [
      `netns add ${network.namespaceOf(host)}`,
      `link add ${network.interfaceOf(host)} type veth peer name ${HOST_INTERFACE} netns ${network.namespaceOf(host)}`,
      `link set ${network.interfaceOf(host)} master ${name} up`,
    ]),
  ]);
  for (const host of all) {
    const address = `address add ${network.addressOf(host)}/24 dev ${HOST_INTERFACE}`;
    await ipBatch([address, `link set ${HOST_INTERFACE} up`, 'link set lo up'], network.namespaceOf(host));
  }
  return network;
}

const numbers = (count: number): number[] => [...Array(count).keys()];

/** The first three bytes of addresses that no interface here has. */
async function freeBlock(): Promise<string> {
  const taken = await system('ip', ['-4', 'address', 'show']);
  for (let attempt = 0; attempt < BLOCKS; attempt += 1) {
    const number = (process.pid + attempt) % BLOCKS;
    const block = `198.${18 + Math.floor(number / 256)}.${number % 256}`;
    if (!taken.includes(` ${block}.`)) return block;
  }
  throw new Error('no addresses are left below 198.18.0.0/15');
}
