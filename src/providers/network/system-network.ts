import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { childEnvironment } from '../../core/child-environment.js';
import { greetOne } from './greet.js';
import type { Greeting, Network, PingAnswer } from './network.js';

const FAMILIES = { any: 0, inet: 4, inet6: 6 } as const;
const PING_SECONDS = 3;
const PING_LIMIT_MS = 10_000;
const KEPT_OUTPUT = 4_096;

/** The network as this machine's resolver, its `ping` and its sockets show it. */
export class SystemNetwork implements Network {
  async resolve(hostname: string, family: keyof typeof FAMILIES): Promise<readonly string[]> {
    const found = await lookup(hostname, { all: true, family: FAMILIES[family] });
    return found.map(({ address }) => address);
  }

  ping(address: string, signal: AbortSignal): Promise<PingAnswer> {
    return new Promise((resolve) => {
      const child = spawn('ping', ['-n', '-c', '1', '-W', String(PING_SECONDS), address], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: childEnvironment(process.env),
        signal: AbortSignal.any([signal, AbortSignal.timeout(PING_LIMIT_MS)]),
        killSignal: 'SIGKILL',
      });
      let [printed, complained] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString('utf8')).slice(0, KEPT_OUTPUT)));
      child.stderr.on('data', (chunk: Buffer) => {
        complained = (complained + chunk.toString('utf8')).slice(0, KEPT_OUTPUT);
      });
      child.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? 'this machine has no ping' : `ping did not end: ${error.message}`;
        resolve({ kind: 'unable', why });
      });
      child.once('close', (code) => resolve(pingAnswer(code, printed, complained)));
    });
  }

  async greet(addresses: readonly string[], port: number, timeoutMs: number, signal: AbortSignal): Promise<Greeting> {
    const reasons: string[] = [];
    for (const address of addresses) {
      const greeting = await greetOne(address, port, timeoutMs, signal);
      if (greeting.kind === 'connected') return greeting;
      reasons.push(...greeting.reasons);
    }
    return { kind: 'refused', reasons };
  }
}

/** iputils and BusyBox: 0 answered, 1 no answer; anything else, or a complaint, is no word about the host. */
function pingAnswer(code: number | null, printed: string, complained: string): PingAnswer {
  if (code === 0) {
    const time = /time[=<]([\d.]+)/.exec(printed)?.[1];
    return { kind: 'answered', ...(time === undefined ? {} : { milliseconds: Number(time) }) };
  }
  const complaint = complained.split('\n').find((line) => line.trim() !== '');
  if (code === 1 && complaint === undefined) return { kind: 'silent' };
  return {
    kind: 'unable',
    why: complaint?.trim() ?? `ping ended with ${code === null ? 'a signal' : `status ${code}`}`,
  };
}
