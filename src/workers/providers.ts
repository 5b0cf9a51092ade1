import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Providers } from '../activities/activity-control.js';
import { machineTaskQueue } from '../core/ids.js';
import { LocalRunner } from '../providers/remote/local-runner.js';
import { SshConfigFiles } from '../providers/remote/ssh-config-file.js';
import { remoteShell, SshRunner } from '../providers/remote/ssh-runner.js';
import { readSecret } from '../providers/secrets/read-secret.js';
import { openStorage } from '../providers/storage/open-storage.js';
import { HOLDFAST_VERSION } from './version.js';

export interface ProviderOptions {
  /** This machine's name in task queues. */
  readonly machine: string;
  /** Holds what running work keeps on this machine: it must survive the worker, since the next one goes on with it. */
  readonly stateDir: string;
}

/** The only place where concrete providers are built. */
export function createProviders({ machine, stateDir }: ProviderOptions): Providers {
  const spoolDirectory = join(stateDir, 'spool');
  mkdirSync(spoolDirectory, { recursive: true, mode: 0o700 });
  const sshConfigs = new SshConfigFiles(join(stateDir, 'ssh'));
  return {
    runnerFor: (host) => new SshRunner(host, sshConfigs),
    localRunner: new LocalRunner(),
    remoteShellFor: async (host) => remoteShell(host, sshConfigs),
    openStorage: (destination) => openStorage(destination, readSecret),
    readSecret,
    spoolDirectory,
    machineTaskQueue: machineTaskQueue(machine),
    holdfastVersion: HOLDFAST_VERSION,
  };
}
