import { execFile } from 'node:child_process';
import { childEnvironment } from '../../core/child-environment.js';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { sshAddress } from '../../core/ssh/config.js';
import { explainSshFailure } from '../../core/ssh/failures.js';
import { fingerprintOf } from '../host-keys/fingerprint.js';
import type { Identity } from './identity.js';

const EXTRA_MS = 15_000;
/** ssh's status for every failure of its own. */
const SSH_FAILED = 255;

export interface ProvenLogin {
  readonly host: HostPlan;
  readonly configFile: string;
  readonly identity: Identity;
  readonly signal: AbortSignal;
}

/**
 * Logs in as the next backup will, and looks that it was this key that the host took. Any command's end proves the login, whatever a forced command makes of it.
 * Throws what the login ended with; HostAuthFailed when another key logged in.
 */
export function proveLogin({ host, configFile, identity, signal }: ProvenLogin): Promise<void> {
  const options = [
    'IdentitiesOnly=yes',
    // Before those of the configuration files; ssh offers them in this order.
    `IdentityFile="${identity.file}"`,
    'PreferredAuthentications=publickey',
    'LogLevel=DEBUG1',
  ].flatMap((option) => ['-o', option]);
  const words = ['-F', configFile, ...options, '-T', '--', sshAddress(host), 'true'];
  const limits = { timeout: host.ssh.connectTimeoutSeconds * 1000 + EXTRA_MS, maxBuffer: 1024 * 1024, signal };
  const where = { cwd: '/', env: childEnvironment(process.env) };
  const place = { host: host.name };
  return new Promise((resolve, reject) => {
    const child = execFile('ssh', words, { ...limits, ...where }, (error, _stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      if (exitCode !== null && exitCode !== SSH_FAILED) {
        const taken = [...stderr.matchAll(/^debug1: Server accepts key: .* (SHA256:\S+)/gm)].at(-1)?.[1];
        if (taken === fingerprintOf(identity.publicKey.blob)) return resolve();
        return reject(
          new HoldfastError('HostAuthFailed', `${host.name}: the login works, but not with ${identity.file}`, place),
        );
      }
      const { type, message } = explainSshFailure({ host: host.name, exitCode, stderrLines: stderr.split('\n') });
      reject(new HoldfastError(type, message, place));
    });
    child.stdin?.end();
  });
}
