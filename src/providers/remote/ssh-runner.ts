import { HoldfastError } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { sshAddress } from '../../core/ssh-config.js';
import { explainSshFailure } from '../../core/ssh-failures.js';
import type { Machine } from './machine.js';
import type { RunningScript, ScriptJob, ScriptRunner } from './script-runner.js';
import { startSession } from './session.js';
import type { SshConfigFiles } from './ssh-config-file.js';
import { bootstrapCommand } from './wrapper.js';

/** Runs scripts on a host: one OpenSSH connection and login each. */
export class SshRunner implements ScriptRunner {
  readonly machine: string;

  constructor(
    private readonly host: HostPlan,
    private readonly configs: SshConfigFiles,
  ) {
    this.machine = host.name;
  }

  /** Throws ConfigInvalid when the plan's SSH settings cannot be written as ssh's configuration. */
  start(job: ScriptJob): RunningScript {
    return startSession(sshMachine(this.host, this.configs.fileFor(this.host)), job);
  }
}

function sshMachine(host: HostPlan, configFile: string): Machine {
  const address = sshAddress(host);
  const place = { host: host.name };
  return {
    label: host.name,
    place,
    command: (scriptBytes) => ['ssh', '-F', configFile, '-T', '--', address, bootstrapCommand(scriptBytes)],
    explain: ({ code }, stderrLines) => {
      const { type, message } = explainSshFailure({ host: host.name, exitCode: code, stderrLines });
      return new HoldfastError(type, message, place);
    },
  };
}

/** How rsync reaches the host, with the same settings. */
export function remoteShell(
  host: HostPlan,
  configs: SshConfigFiles,
): { readonly rsh: string; readonly address: string } {
  const address = sshAddress(host);
  return { rsh: `ssh -F ${configs.fileFor(host)}`, address: address.includes(':') ? `[${address}]` : address };
}
