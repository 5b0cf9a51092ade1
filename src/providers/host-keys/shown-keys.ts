import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../../core/child-environment.js';
import { HoldfastError } from '../../core/failures.js';
import { type HostKey, parseKnownHostsLine } from '../../core/ssh/known-hosts.js';
import type { HostPlan } from '../../core/plan.js';
import { sshAddress } from '../../core/ssh/config.js';
import { explainSshFailure } from '../../core/ssh/failures.js';
import { fingerprintOf } from './fingerprint.js';

/** ssh takes one key of a server; each kind is a connection of its own. */
const KINDS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521',
  'rsa-sha2-512,rsa-sha2-256',
] as const;
const MAX_OUTPUT_BYTES = 64 * 1024;
/** Beyond the time that ssh itself gives the connection. */
const EXTRA_MS = 15_000;

export interface ShownKeys {
  /** What ssh looks the host up by: `web1.example.com`, `[10.0.0.7]:2222`, or its HostKeyAlias. */
  readonly name: string;
  readonly keys: readonly HostKey[];
}

/**
 * The keys that a host shows, seen by ssh itself: with the user's ssh configuration, through jump hosts, under the name that later logins look up. Nothing
 * is recorded but in a file of its own, and nobody logs in. Throws what a login would (HostUnreachable; HostKeyUnknown of a jump host).
 */
export async function shownKeys(host: HostPlan, configFile: string, signal?: AbortSignal): Promise<ShownKeys> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  try {
    const keys: HostKey[] = [];
    let [name, said]: [string | undefined, string] = [undefined, ''];
    for (const [number, algorithms] of KINDS.entries()) {
      const file = join(directory, String(number));
      const stderr = await tryLogin(host, configFile, algorithms, file, signal);
      const line = parseKnownHostsLine(await readFile(file, 'utf8').catch(() => ''));
      if (line === undefined) {
        // A server rarely has all kinds of keys; what is worth telling is why it showed none.
        if (said === '' || !/no matching host key type/i.test(stderr)) said = stderr;
        if (keys.length === 0 && !/no matching host key type/i.test(stderr)) break;
        continue;
      }
      name = line.names;
      keys.push({ type: line.type, blob: line.blob, fingerprint: fingerprintOf(line.blob) });
    }
    if (name !== undefined) return { name, keys };
    const { type, message } = explainSshFailure({ host: host.name, exitCode: 255, stderrLines: said.split('\n') });
    throw new HoldfastError(type, message, { host: host.name });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Gives ssh's words. It ends with a refused login at best: it is given no way to log in. */
function tryLogin(
  host: HostPlan,
  configFile: string,
  algorithms: string,
  knownHostsFile: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const options = [
    'StrictHostKeyChecking=accept-new',
    `UserKnownHostsFile=${knownHostsFile}`,
    'GlobalKnownHostsFile=/dev/null',
    'HashKnownHosts=no',
    'CheckHostIP=no',
    'UpdateHostKeys=no',
    'VerifyHostKeyDNS=no',
    `HostKeyAlgorithms=${algorithms}`,
    'PreferredAuthentications=none',
    'PubkeyAuthentication=no',
  ];
  const words = [
    '-F',
    configFile,
    ...options.flatMap((option) => ['-o', option]),
    '-T',
    '--',
    sshAddress(host),
    'true',
  ];
  return new Promise((resolve, reject) => {
    const limits = {
      timeout: host.ssh.connectTimeoutSeconds * 1000 + EXTRA_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
    } as const;
    const where = { cwd: '/', env: childEnvironment(process.env), ...(signal === undefined ? {} : { signal }) };
    const child = execFile('ssh', words, { ...limits, ...where }, (error, _stdout, stderr) => {
      if (error?.code === 'ENOENT')
        return reject(new HoldfastError('ToolMissing', 'this machine has no ssh on its PATH', { host: host.name }));
      resolve(error?.killed === true ? `${stderr}\nConnection timed out` : stderr);
    });
    child.stdin?.end();
  });
}
