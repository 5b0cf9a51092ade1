import { execFile } from 'node:child_process';
import { childEnvironment } from '../../core/child-environment.js';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { sshAddress } from '../../core/ssh/config.js';
import { parseSshRoute, type SshRoute } from '../../core/ssh/route.js';
import type { SshConfigFiles } from './ssh-config-file.js';

const LIMIT_MS = 30_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Asks ssh what it makes of the host's settings (`ssh -G`); nothing is sent. Throws ConfigInvalid when ssh does not take them, ToolMissing
 * without ssh.
 */
export function sshRoute(host: HostPlan, configs: SshConfigFiles, signal?: AbortSignal): Promise<SshRoute> {
  const words = ['-F', configs.fileFor(host), '-G', '--', sshAddress(host)];
  const options = {
    env: childEnvironment(process.env),
    cwd: '/',
    timeout: LIMIT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    ...(signal === undefined ? {} : { signal }),
  };
  const place = { host: host.name };
  return new Promise((resolve, reject) => {
    const child = execFile('ssh', words, options, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT')
        return reject(new HoldfastError('ToolMissing', 'this machine has no ssh on its PATH', place));
      if (signal?.aborted) return reject(new HoldfastError('Cancelled', `${host.name}: it was cancelled`, place));
      const route = error === null ? parseSshRoute(stdout) : undefined;
      if (route !== undefined) return resolve(route);
      const said = stderr.trim().split('\n').at(-1) ?? '';
      reject(new HoldfastError('ConfigInvalid', `${host.name}: ssh does not take its settings: ${said}`, place));
    });
    child.stdin?.end();
  });
}
