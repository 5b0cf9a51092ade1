import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { HoldfastError } from '../core/failures.js';

export { freePort } from '../providers/network/free-port.js';

/** Waits until an SSH server greets on the port; InternalError after ten seconds. */
export async function waitForBanner(port: number, address = '127.0.0.1'): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!(await greets(port, address))) {
    if (Date.now() > deadlineMs)
      throw new HoldfastError('InternalError', `sshd on port ${port} did not answer in 10 s`);
    await delay(20);
  }
}

function greets(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('data', (data) => settle(data.toString('latin1').startsWith('SSH-')));
  });
}
