import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export async function makeKey(keygen: string, file: string): Promise<void> {
  // A host that was stopped starts again in the same directory with the same keys.
  if (existsSync(file)) return;
  await run(keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', `holdfast ${file.split('/').at(-1)}`, '-f', file]);
}

/** `host_key`, `client_key` and `authorized_keys` of a throw-away host. */
export async function writeKeys(keygen: string, directory: string): Promise<void> {
  for (const key of ['host_key', 'client_key']) await makeKey(keygen, join(directory, key));
  await copyFile(join(directory, 'client_key.pub'), join(directory, 'authorized_keys'));
  await chmod(join(directory, 'authorized_keys'), 0o600);
}

export interface SshdSettings {
  readonly directory: string;
  readonly user: string;
  readonly listen: { readonly address: string; readonly port: number };
  /** Lines of sshd_config(5) that come first, so they win. */
  readonly sshdOptions?: readonly string[];
}

/** sshd_config(5) of a throw-away host with the keys of `writeKeys`. */
export async function sshdConfig({ directory, user, listen, sshdOptions = [] }: SshdSettings): Promise<string> {
  return [
    ...sshdOptions,
    `Port ${listen.port}`,
    `ListenAddress ${listen.address}`,
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

/** A line of known_hosts for a server's public key. */
export const knownHost = ({ address, port }: SshdSettings['listen'], publicKey: string): string =>
  `${port === 22 ? address : `[${address}]:${port}`} ${publicKey.trim()}\n`;

/** Without PAM, sshd refuses accounts whose password field is locked, even with a key. */
async function accountIsLocked(user: string): Promise<boolean> {
  const shadow = await readFile('/etc/shadow', 'utf8').catch(() => '');
  return shadow.split('\n').some((line) => line.startsWith(`${user}:!`));
}
