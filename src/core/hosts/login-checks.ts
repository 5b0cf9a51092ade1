import type { Failure } from '../failures.js';
import { failed, type HostCheck, notChecked, notReached, passed } from './checks.js';

/** What comes after the login; nothing is known of it when the login failed. */
const AFTER_LOGIN = ['clock', 'sudo', 'tools', 'temporary space', 'path'] as const;

const DONE = {
  key: passed('host key', 'it is the known one'),
  login: (user: string) => passed('login', `logged in as ${user}`),
  shell: passed('shell', 'its login shell prints nothing of its own'),
};

/** Who logs in, and how the host is reached. */
export interface LoginRoute {
  readonly user: string;
  /** Hosts in between. */
  readonly through?: string;
}

/** The login went well. */
export const loginPassed = ({ user }: LoginRoute): HostCheck[] => [DONE.key, DONE.login(user), DONE.shell];

/**
 * What a failed login proves: ssh checks the host's key, then logs in, then the host's shell runs what it is given. `begun`: the host had
 * begun to answer.
 */
export function loginFailed(reason: Failure, { user, through }: LoginRoute, begun: boolean): HostCheck[] {
  const { type, message, action } = reason;
  const stopped = (check: HostCheck): HostCheck[] => [check, ...notReached(AFTER_LOGIN, `the ${check.check} failed`)];
  switch (type) {
    case 'HostKeyUnknown':
    case 'HostKeyChanged':
      return [
        failed('host key', type, message, action),
        ...notReached(['login', 'shell', ...AFTER_LOGIN], 'its key is not trusted'),
      ];
    case 'HostShellPrintsText':
      return [DONE.key, DONE.login(user), ...stopped(failed('shell', type, message, action))];
    case 'RemoteCommandFailed':
      return [DONE.key, DONE.login(user), ...stopped(failed('shell', type, message, action))];
    case 'ToolMissing':
      return [...loginPassed({ user }), ...withoutTools(failed('tools', type, message, action))];
    case 'HostAuthFailed':
      return [keyOfRefused(message, through), failed('login', type, message, action), ...undone('login')];
    default:
      if (begun) return [];
      return [
        notChecked('host key', 'the connection ended before the login'),
        failed('login', type, message, action),
        ...undone('login'),
      ];
  }
}

const undone = (check: string): HostCheck[] => notReached(['shell', ...AFTER_LOGIN], `the ${check} failed`);

const withoutTools = (tools: HostCheck): HostCheck[] => [
  ...notReached(['clock', 'sudo'], 'a tool that every look needs is missing'),
  tools,
  ...notReached(['temporary space', 'path'], 'a tool that every look needs is missing'),
];

/** ssh shows its own key to nobody whose key it has not checked; but who refused, the host or one in between, is not known. */
function keyOfRefused(message: string, through: string | undefined): HostCheck {
  if (/no algorithm in common/.test(message)) return notChecked('host key', 'the connection ended before it was shown');
  if (through === undefined) return DONE.key;
  return notChecked('host key', `the login was refused, by it or by ${through}`);
}
