import {
  type AuthorizedKey,
  type InstallOutcome,
  installScript,
  parseInstallOutcome,
} from '../../core/ssh/authorized-keys.js';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { sshAddress } from '../../core/ssh/config.js';
import { explainSshFailure } from '../../core/ssh/failures.js';
import type { Machine } from '../remote/machine.js';
import { startSession } from '../remote/session.js';
import { bootstrapCommand } from '../remote/wrapper.js';
import { type AnswerPrompt, openAskpass } from './askpass.js';

/** A person types meanwhile. */
const LIMIT_MS = 5 * 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

export interface PasswordLogin {
  readonly host: HostPlan;
  readonly configFile: string;
  /** A directory of this user's own. */
  readonly privateDirectory: string;
  readonly answer: AnswerPrompt;
  readonly signal: AbortSignal;
}

/**
 * Logs in with what a person answers to the host's questions, and adds the key to authorized_keys there. It is ssh that logs in, as for backups: the host's key
 * must be known, jump hosts and ~/.ssh/config count. Throws what a login would, HostAuthFailed when the answers were refused.
 */
export async function installPublicKey(login: PasswordLogin, key: AuthorizedKey): Promise<InstallOutcome> {
  const { host, answer, signal } = login;
  let asked = 0;
  const askpass = await openAskpass(login.privateDirectory, (prompt) => {
    asked += 1;
    return answer(prompt);
  });
  try {
    const machine = passwordMachine(login, askpass.environment, () => asked);
    const running = startSession(machine, {
      what: 'install the key',
      body: installScript(key),
      stdout: 'pipe',
      signal,
      timeoutMs: LIMIT_MS,
    });
    let printed = '';
    for await (const chunk of (running.stdout ?? []) as AsyncIterable<Buffer>) {
      if (printed.length < MAX_OUTPUT_BYTES) printed += chunk.toString('utf8');
    }
    const { status } = await running.finished;
    const outcome = parseInstallOutcome(printed);
    if (outcome !== undefined) return outcome;
    const message = `${host.name}: to install the key ended with status ${status} and told nothing`;
    throw new HoldfastError('RemoteCommandFailed', message, { host: host.name });
  } finally {
    await askpass.close();
  }
}

function passwordMachine(
  { host, configFile }: PasswordLogin,
  environment: Readonly<Record<string, string>>,
  asked: () => number,
): Machine {
  const place = { host: host.name };
  const options = [
    'BatchMode=no',
    'PubkeyAuthentication=no',
    'GSSAPIAuthentication=no',
    'HostbasedAuthentication=no',
    'PreferredAuthentications=password,keyboard-interactive',
    'NumberOfPasswordPrompts=1',
  ].flatMap((option) => ['-o', option]);
  return {
    label: host.name,
    place,
    command: (scriptBytes) => [
      'env',
      ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      'ssh',
      ...['-F', configFile, ...options, '-T', '--', sshAddress(host)],
      bootstrapCommand(scriptBytes),
    ],
    explain: ({ code }, stderrLines) => {
      const { type, message } = explainSshFailure({ host: host.name, exitCode: code, stderrLines });
      const why =
        type === 'HostAuthFailed' ? ` (${asked() === 0 ? TAKES_NO_PASSWORD : 'the password was refused'})` : '';
      return new HoldfastError(type, `${message}${why}`, place);
    },
  };
}

const TAKES_NO_PASSWORD = 'it takes no passwords: install the line that --print shows by hand';
