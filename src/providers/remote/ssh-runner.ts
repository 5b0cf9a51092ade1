import { HoldfastError } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { sshAddress } from '../../core/ssh/config.js';
import { explainSshFailure } from '../../core/ssh/failures.js';
import type { Machine } from './machine.js';
import type { RunningScript, ScriptJob, ScriptRunner } from './script-runner.js';
import { startSession } from './session.js';
import type { SshConfigFiles } from './ssh-config-file.js';
import type { ConnectionShare, ShareRequest, SshConnections } from './ssh-connections.js';
import { bootstrapCommand } from './wrapper.js';

/** Runs scripts on a host: over a connection that they share where one is given, else with an OpenSSH connection and login each. */
export class SshRunner implements ScriptRunner {
  readonly machine: string;

  constructor(
    private readonly host: HostPlan,
    private readonly configs: SshConfigFiles,
    private readonly connections?: SshConnections,
  ) {
    this.machine = host.name;
  }

  /** Throws ConfigInvalid when the plan's SSH settings cannot be written as ssh's configuration. */
  start(job: ScriptJob): RunningScript {
    return startSession(sshMachine(this.host, this.configs.fileFor(this.host), this.connections), job);
  }
}

function sshMachine(host: HostPlan, configFile: string, connections: SshConnections | undefined): Machine {
  const address = sshAddress(host);
  const place = { host: host.name };
  return {
    label: host.name,
    place,
    command: (scriptBytes, socket) => [
      'ssh',
      ...sshWords(configFile, socket),
      '-T',
      '--',
      address,
      bootstrapCommand(scriptBytes),
    ],
    share: ({ newLogin = false }) => connections?.share({ configFile, address, newLogin, ...limitsOf(host) }),
    explain: ({ code }, stderrLines) => {
      const { type, message } = explainSshFailure({ host: host.name, exitCode: code, stderrLines });
      return new HoldfastError(type, message, place);
    },
  };
}

const limitsOf = ({ ssh: { maxSessions, maxLogins } }: HostPlan): Pick<ShareRequest, 'maxSessions' | 'maxLogins'> => ({
  ...(maxSessions === undefined ? {} : { maxSessions }),
  ...(maxLogins === undefined ? {} : { maxLogins }),
});

/** Where the socket does not answer, or the host refuses one more session, ssh logs in by itself. */
const sshWords = (configFile: string, socket: string | undefined): string[] => [
  '-F',
  configFile,
  ...(socket === undefined ? [] : ['-S', socket]),
];

export interface SshCommand {
  /** For `rsync --rsh`: no part holds a space. */
  readonly rsh: string;
  /** What stands before the colon in rsync's operand. */
  readonly address: string;
  /** Why the connection that it shares broke, as a clause; undefined when it stands, or is rsync's own. */
  brokenBecause(): Promise<string | undefined>;
  /** To be called once rsync has ended. */
  release(): void;
}

/** How rsync reaches the host, with the same settings. Waits for the connection that it is to share. */
export async function remoteShell(
  host: HostPlan,
  configs: SshConfigFiles,
  connections?: SshConnections,
  signal?: AbortSignal,
): Promise<SshCommand> {
  const address = sshAddress(host);
  const configFile = configs.fileFor(host);
  const share = connections?.share({ configFile, address, newLogin: false, ...limitsOf(host) });
  const stands = share !== undefined && (await standsBefore(share, signal));
  return {
    rsh: [...sshOfRsync(process.env), ...sshWords(configFile, stands ? share.socket : undefined)].join(' '),
    address: address.includes(':') ? `[${address}]` : address,
    brokenBecause: async () => (stands ? share.brokenBecause() : undefined),
    release: () => share?.release(),
  };
}

/** rsync itself gets no HOME, lest it read options from ~/.popt; what the user's ssh configuration runs may need one. */
function sshOfRsync({ HOME: home = '' }: NodeJS.ProcessEnv): string[] {
  return /^\/[\w./+@-]*$/.test(home) ? ['env', `HOME=${home}`, 'ssh'] : ['ssh'];
}

/** False when the login failed, which rsync's own ssh then tells, and when `signal` fires first. */
function standsBefore({ opened }: ConnectionShare, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(false);
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    void opened.then((failure) => {
      signal?.removeEventListener('abort', giveUp);
      resolve(failure === undefined);
    });
  });
}
