import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HoldfastError } from '../core/failures.js';
import type { HostPlan, SourcePlan } from '../core/plan.js';
import { freePort, waitForBanner } from './loopback-port.js';
import { endProcess, findProgram, withDescendants } from './loopback-process.js';

const run = promisify(execFile);

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
  const { name, directory } = options;
  const user = userInfo().username;
  const identityFile = join(directory, 'client_key');
  const knownHostsFile = join(directory, 'known_hosts');
  const logFile = join(directory, 'sshd.log');
  const config = join(directory, 'sshd_config');
  await writeFile(config, await sshdConfig(port, user, options), { mode: 0o600 });
  const hostKey = (await readFile(join(directory, 'host_key.pub'), 'utf8')).trim();
  await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${hostKey}\n`);

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
        hostname: '127.0.0.1',
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

async function writeKeys(keygen: string, directory: string): Promise<void> {
  for (const key of ['host_key', 'client_key']) {
    // A host that was stopped starts again in the same directory with the same keys.
    if (existsSync(join(directory, key))) continue;
    await run(keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', `holdfast ${key}`, '-f', join(directory, key)]);
  }
  await copyFile(join(directory, 'client_key.pub'), join(directory, 'authorized_keys'));
  await chmod(join(directory, 'authorized_keys'), 0o600);
}

async function sshdConfig(port: number, user: string, options: LoopbackHostOptions): Promise<string> {
  const { directory, sshdOptions = [] } = options;
  return [
    ...sshdOptions,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey "${join(directory, 'host_key')}"`,
    `AuthorizedKeysFile "${join(directory, 'authorized_keys')}"`,
    `PidFile "${join(directory, 'sshd.pid')}"`,
    `UsePAM ${(await accountIsLocked(user)) ? 'yes' : 'no'}`,
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PubkeyAuthentication yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitUserRC no',
    'UseDNS no',
    'X11Forwarding no',
    'PrintMotd no',
    'LogLevel VERBOSE',
    // bash takes a session of sshd for a person's and reads their ~/.bashrc, unless it seems to be started by another shell.
    'SetEnv SHLVL=1',
    '',
  ].join('\n');
}

/** Without PAM, sshd refuses accounts whose password field is locked, even with a key. */
async function accountIsLocked(user: string): Promise<boolean> {
  const shadow = await readFile('/etc/shadow', 'utf8').catch(() => '');
  return shadow.split('\n').some((line) => line.startsWith(`${user}:!`));
}
