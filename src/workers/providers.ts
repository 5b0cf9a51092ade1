import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Providers } from '../activities/activity-control.js';
import { machineTaskQueue } from '../core/ids.js';
import { AgeEncryption } from '../providers/encryption/age-encryption.js';
import { KeyFiles } from '../providers/keys/key-files.js';
import { openCatalogs } from '../providers/catalog/open-catalogs.js';
import { LocalRunner } from '../providers/remote/local-runner.js';
import { openInfluxDb } from '../providers/metrics/open-influxdb.js';
import { fleetText } from '../providers/metrics/prometheus.js';
import { SystemNetwork } from '../providers/network/system-network.js';
import { SshConfigFiles } from '../providers/remote/ssh-config-file.js';
import type { SshConnections } from '../providers/remote/ssh-connections.js';
import { remoteShell, SshRunner } from '../providers/remote/ssh-runner.js';
import { sshRoute } from '../providers/remote/ssh-route.js';
import { UNKNOWN_RUNS, type OpenRuns } from '../providers/runs/open-runs.js';
import { NO_PAST_RUNS, type PastRuns } from '../providers/runs/past-runs.js';
import { readSecret } from '../providers/secrets/read-secret.js';
import { LocalSnapshots } from '../providers/snapshots/local-snapshots.js';
import { openStorage } from '../providers/storage/open-storage.js';
import { limitReads } from '../providers/throttle/limit-reads.js';
import { NO_RUN_LIMITS, type RunLimits } from '../providers/throttle/run-limits.js';
import { Traffic } from '../providers/throttle/traffic.js';
import { HOLDFAST_VERSION } from './version.js';

export interface ProviderOptions {
  /** This machine's name in task queues. */
  readonly machine: string;
  /** Holds what running work keeps on this machine: it must survive the worker, since the next one goes on with it. */
  readonly stateDir: string;
  /** The worker's logins on hosts; it closes them when it stops. */
  readonly connections: SshConnections;
  /** Undefined where no server is asked: then nothing is known of other runs. */
  readonly runs?: OpenRuns;
  /** Undefined likewise: what runs were is not asked. */
  readonly pastRuns?: PastRuns;
  /** Undefined likewise: what waits is sent when somebody asks for it. */
  readonly pokeMetrics?: Providers['pokeMetrics'];
  /** Undefined likewise: a running run cannot be limited otherwise than it began. */
  readonly runLimits?: RunLimits;
}

/** The only place where concrete providers are built. */
export function createProviders({
  machine,
  stateDir,
  connections,
  runs = UNKNOWN_RUNS,
  pastRuns = NO_PAST_RUNS,
  pokeMetrics = async () => undefined,
  runLimits = NO_RUN_LIMITS,
}: ProviderOptions): Providers {
  const spoolDirectory = join(stateDir, 'spool');
  mkdirSync(spoolDirectory, { recursive: true, mode: 0o700 });
  const traffic = new Traffic(runLimits);
  const localRunner = new LocalRunner();
  const sshConfigs = new SshConfigFiles(join(stateDir, 'ssh'));
  return {
    runnerFor: (host) => new SshRunner(host, sshConfigs, connections),
    localRunner,
    snapshots: new LocalSnapshots(localRunner),
    remoteShellFor: (host, signal) =>
      // The session that a shared connection is kept open by is a command, which a key for rsync alone may not run.
      remoteShell(host, sshConfigs, host.rsyncOnly === true ? undefined : connections, signal),
    sshRouteFor: (host, signal) => sshRoute(host, sshConfigs, signal),
    network: new SystemNetwork(),
    openStorage: async (destination) => limitReads(await openStorage(destination, readSecret), destination, traffic),
    traffic,
    readSecret,
    catalogs: openCatalogs({ directory: stateDir, readSecret, onReplaced: sayReplaced }),
    encryption: new AgeEncryption(join(stateDir, 'recipients')),
    keys: new KeyFiles(),
    seenDirectory: join(stateDir, 'seen'),
    runs,
    pastRuns,
    openMetrics: (plan) => openInfluxDb(plan, readSecret),
    pokeMetrics,
    fleetText,
    spoolDirectory,
    machineTaskQueue: machineTaskQueue(machine),
    holdfastVersion: HOLDFAST_VERSION,
  };
}

const sayReplaced = (aside: string, reason: string): void => {
  process.stderr.write(
    `holdfast: the catalog could not be used (${reason}); it is kept as ${aside} and begun anew: \`holdfast catalog rebuild\` and \`holdfast metrics backfill\` fill it\n`,
  );
};
