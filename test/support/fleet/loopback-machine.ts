import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, waitForBanner } from '../../../src/demo/loopback-port.js';
import { endProcess, findProgram, withDescendants } from '../../../src/demo/loopback-process.js';
import type { Machine } from './machine.js';
import { startProxy } from './proxy.js';

const LOOPBACK = '127.0.0.1';

/** A host on two ports of 127.0.0.1, for who is not root: its sshd's, and that of a line to it which may be slow or dark. */
export async function loopbackMachine(
  directory: string,
  tree: string,
): Promise<Machine & { readonly close: () => Promise<void> }> {
  const port = await freePort();
  const line = await startProxy(port);
  let sshd: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const pid = sshd?.pid;
    sshd = undefined;
    if (pid === undefined) return;
    for (const one of await withDescendants(pid)) process.kill(one.pid, 'SIGSTOP');
    const all = await withDescendants(pid);
    for (const one of all) process.kill(one.pid, 'SIGKILL');
    await Promise.all(all.map(endProcess));
  };
  return {
    address: LOOPBACK,
    port: line.port,
    listen: { address: LOOPBACK, port },
    sourcePath: tree,
    start: async (sshdConfig) => {
      const log = await open(join(directory, 'sshd.log'), 'a', 0o600);
      const program = await findProgram('sshd', 'openssh-server');
      sshd = spawn(program, ['-D', '-e', '-f', sshdConfig], { detached: true, stdio: ['ignore', log.fd, log.fd] });
      sshd.once('error', () => undefined);
      await log.close();
      await waitForBanner(port, LOOPBACK);
    },
    kill,
    processes: async () => {
      const pid = sshd?.pid;
      return pid === undefined ? [] : (await withDescendants(pid)).map((one) => one.pid).filter((one) => one !== pid);
    },
    limitTo: async (bytesPerSecond) => line.limitTo(bytesPerSecond),
    setDark: async (dark) => line.setDark(dark),
    sentBytes: async () => line.sentBytes(),
    close: async () => {
      await kill();
      await line.close();
    },
  };
}
