import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AuthorizedKey, InstallOutcome } from '../core/ssh/authorized-keys.js';
import { HoldfastError } from '../core/failures.js';
import { type HostKey, type JudgedKey, judgeKeys, type KnownKey } from '../core/ssh/known-hosts.js';
import type { HostPlan } from '../core/plan.js';
import type { SshRoute } from '../core/ssh/route.js';
import { changeKnownHosts, knownKeys } from '../providers/host-keys/known-hosts-file.js';
import { shownKeys } from '../providers/host-keys/shown-keys.js';
import type { AnswerPrompt } from '../providers/login-keys/askpass.js';
import { chooseIdentity, type Identity, provideIdentity } from '../providers/login-keys/identity.js';
import { installPublicKey } from '../providers/login-keys/install-public-key.js';
import { proveLogin } from '../providers/login-keys/prove-login.js';
import { SshConfigFiles } from '../providers/remote/ssh-config-file.js';
import { sshRoute } from '../providers/remote/ssh-route.js';

export type { AnswerPrompt, Identity };

/** What a host shows of itself, beside what this machine's known_hosts files have of it. */
export interface SeenHost {
  /** What ssh looks it up by. */
  readonly name: string;
  readonly keys: readonly JudgedKey[];
  /** Certificate authorities that vouch for its name. */
  readonly authorities: readonly KnownKey[];
  /** Recorded keys of kinds that it does not show. */
  readonly others: readonly KnownKey[];
  /** Where new keys are recorded. */
  readonly file: string;
  readonly hashed: boolean;
}

/** The way into hosts, for the commands that set it up. They run on the worker, as its user: its keys, its known_hosts files. */
export interface HostAccess {
  /** Looks at a host's keys; logs in nowhere. */
  see(host: HostPlan): Promise<SeenHost>;
  trust(seen: SeenHost, added: readonly HostKey[], removed: readonly KnownKey[]): Promise<void>;
  /** The key that the worker logs in with; made when there is none. */
  identityFor(host: HostPlan): Promise<Identity>;
  install(host: HostPlan, key: AuthorizedKey, answer: AnswerPrompt): Promise<InstallOutcome>;
  /** Throws what the login ends with. */
  prove(host: HostPlan, identity: Identity): Promise<void>;
}

/** @param stateDir the worker's own directory */
export function openHostAccess(stateDir: string, signal: AbortSignal): HostAccess {
  const configs = new SshConfigFiles(join(stateDir, 'ssh'));
  return {
    see: async (host) => {
      const route = await sshRoute(host, configs, signal);
      const { name, keys } = await shownKeys(host, configs.fileFor(host), signal);
      const known = await knownKeys(name, filesOf(route));
      const plain = known.filter(({ marker }) => marker === undefined);
      return {
        name,
        keys: judgeKeys(keys, known),
        authorities: known.filter(({ marker }) => marker === 'cert-authority'),
        others: plain.filter(({ type }) => !keys.some((key) => key.type === type)),
        file: fileOf(host, route),
        hashed: route.hashKnownHosts,
      };
    },
    trust: ({ name, file, hashed }, added, removed) => changeKnownHosts(file, { name, added, removed, hashed }),
    identityFor: async (host) => {
      const { identityFiles } = await sshRoute(host, configs, signal);
      return provideIdentity(await chooseIdentity(host.ssh.identityFile, identityFiles));
    },
    install: (host, key, answer) =>
      installPublicKey({ host, configFile: configs.fileFor(host), privateDirectory: stateDir, answer, signal }, key),
    prove: (host, identity) => proveLogin({ host, configFile: configs.fileFor(host), identity, signal }),
  };
}

const expanded = (file: string): string => (file.startsWith('~/') ? join(homedir(), file.slice(2)) : file);

const filesOf = ({ userKnownHostsFiles, globalKnownHostsFiles }: SshRoute): string[] =>
  [...userKnownHostsFiles, ...globalKnownHostsFiles].map(expanded).filter((file) => file.startsWith('/'));

/** ssh records keys in the first of the user's files. */
function fileOf(host: HostPlan, { userKnownHostsFiles: [first = ''] }: SshRoute): string {
  const file = expanded(first);
  if (file.startsWith('/') && file !== '/dev/null' && !file.includes('%')) return file;
  const message = `${host.name}: keys cannot be recorded in UserKnownHostsFile ${first === '' ? 'none' : first}`;
  throw new HoldfastError('ConfigInvalid', message, { host: host.name });
}
