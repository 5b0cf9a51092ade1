import type { Engine } from '../../../src/core/plan.js';
import type { Fleet } from './fleet.js';
import type { FleetHost } from './host.js';

export interface FleetConfigurationOptions {
  /** An existing directory for the copies. */
  readonly backupBase: string;
  /** Default: mirror. */
  readonly engineOf?: (host: FleetHost) => Engine;
  /** Of `config`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** The fleet as a Holdfast configuration: each host with one source, `data`. */
export function fleetConfiguration(
  { hosts }: Pick<Fleet, 'hosts'>,
  { backupBase, engineOf = () => 'mirror', settings = {} }: FleetConfigurationOptions,
): Record<string, unknown> {
  const own = hosts.flatMap(({ name, destination }) =>
    destination === undefined ? [] : ([[name, destination]] as const),
  );
  return {
    config: { backup_base: backupBase, connect_timeout: 5, ignore_ping: true, ...settings },
    ...(own.length === 0
      ? {}
      : { destinations: Object.fromEntries(own.map(([name, path]) => [`of-${name}`, { type: 'local', path }])) }),
    hosts: Object.fromEntries(
      hosts.map((host) => [
        host.name,
        {
          hostname: host.machine.address,
          ssh_port: host.machine.port,
          ssh_user: host.user,
          ssh_key: host.identityFile,
          ssh_options: { UserKnownHostsFile: host.knownHostsFile },
          paths: [
            {
              path: host.sourcePath,
              dest_subdir: 'data',
              engine: engineOf(host),
              ...(host.destination === undefined ? {} : { destination: `of-${host.name}` }),
            },
          ],
        },
      ]),
    ),
  };
}
