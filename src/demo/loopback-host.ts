import { spawn } from 'node:child_process';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../core/failures.js';
import type { HostPlan, SourcePlan } from '../core/plan.js';
import { freePort, waitForBanner } from './loopback-port.js';
import { endProcess, findProgram, withDescendants } from './loopback-process.js';
import { knownHost, sshdConfig, writeKeys } from './sshd-setup.js';

const ADDRESS = '127.0.0.1';

export interface LoopbackHostOptions {
  readonly name: string;
  /** Existing private directory for keys, sshd's configuration and its log; a later host there has the same keys. */
  readonly directory: string;
  /** Lines of sshd_config(5) that come before the host's own, so they win; for instance `MaxStartups 1`. */
  readonly sshdOptions?: readonly string[];
}

/** A throw-away SSH host on 127.0.0.1: a real sshd with keys of its own, which logs in the user that started it. */
export interface LoopbackHost {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** sshd's process id. */
  readonly pid: number;
  readonly logFile: string;
  plan(sources: readonly SourcePlan[]): HostPlan;
  /** Ends sshd and all that runs in its sessions. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the host and waits until it answers. Throws ToolMissing without sshd or ssh-keygen, InternalError when sshd
 * ends at once.
 */
export async function startLoopbackHost(options: LoopbackHostOptions): Promise<LoopbackHost> {
  const sshd = await findProgram('sshd', 'openssh-server');
  const keygen = await findProgram('ssh-keygen', 'openssh-client');
  await writeKeys(keygen, options.directory);
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(await freePort(), sshd, options);
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

async function startOn(port: number, sshd: string, options: LoopbackHostOptions): Promise<LoopbackHost> {
  const { name, directory, sshdOptions = [] } = options;
  const listen = { address: ADDRESS, port };
  const user = userInfo().username;
  const identityFile = join(directory, 'client_key');
  const knownHostsFile = join(directory, 'known_hosts');
  const logFile = join(directory, 'sshd.log');
  const config = join(directory, 'sshd_config');
  await writeFile(config, await sshdConfig({ directory, user, listen, sshdOptions }), { mode: 0o600 });
  await writeFile(knownHostsFile, knownHost(listen, await readFile(join(directory, 'host_key.pub'), 'utf8')));

  const log = await open(logFile, 'a', 0o600);
  // A session of its own: Ctrl-C in the terminal must not end the host before the run that uses it.
  const child = spawn(sshd, ['-D', '-e', '-f', config], { detached: true, stdio: ['ignore', log.fd, log.fd] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    void ended.then(() => reject(new HoldfastError('InternalError', `sshd for ${name} ended at once; see ${logFile}`)));
  });
  try {
    await Promise.race([waitForBanner(port), failed]);
  } finally {
    await log.close();
  }
  failed.catch(() => undefined);
  const pid = child.pid as number;

  return {
    name,
    port,
    user,
    identityFile,
    knownHostsFile,
    pid,
    logFile,
    plan: (sources) => ({
      name,
      ssh: {
        hostname: ADDRESS,
        user,
        port,
        identityFile,
        options: { UserKnownHostsFile: knownHostsFile },
        connectTimeoutSeconds: 15,
      },
      ignorePing: true,
      tags: [],
      sources,
    }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const processes = await withDescendants(pid);
      child.kill('SIGTERM');
      await ended;
      await Promise.all(processes.map(endProcess));
    },
  };
}
