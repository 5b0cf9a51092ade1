import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** How an InfluxDB of the tests is started: the same way each time, over the same data. */
export interface InfluxCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly url: string;
  /** PEM, where it speaks TLS. */
  readonly ca?: string;
}

/** An InfluxDB server on loopback that can be stopped, killed and started again. */
export class InfluxProcess {
  readonly #command: InfluxCommand;
  #child: ChildProcess | undefined;

  constructor(command: InfluxCommand) {
    this.#command = command;
  }

  /** Until it answers. */
  async start(): Promise<void> {
    const { program, args, url } = this.#command;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } });
    this.#child = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said = (said + chunk).slice(-4_096);
      });
    const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
    failed.catch(() => {});
    const deadlineMs = Date.now() + 60_000;
    while (Date.now() < deadlineMs) {
      if (child.exitCode !== null) throw new Error(`${program} ended with exit code ${child.exitCode}: ${said}`);
      const answer = await Promise.race([this.ask('GET', '/ping').catch(() => undefined), failed]);
      if (answer?.status === 204) return;
      await delay(25);
    }
    throw new Error(`${program} did not answer on ${url} in 60 s: ${said}`);
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Holds still, as a machine that swaps: it accepts connections and says nothing. */
  async pause(): Promise<void> {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    process.kill(pid, 'SIGSTOP');
    while (!(await isStill(pid))) await delay(1);
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async ask(
    method: string,
    path: string,
    { headers = {}, body = '' }: { headers?: Readonly<Record<string, string>>; body?: string } = {},
  ): Promise<{ status: number | undefined; body: string }> {
    const { url, ca } = this.#command;
    const options = { method, headers, agent: false, ...(ca === undefined ? {} : { ca }) };
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(`${url}${path}`, options);
    // A server that is just coming up may take a connection and forget it.
    request.setTimeout(10_000, () => request.destroy(new Error('no answer in 10 s')));
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGCONT');
    child.kill(signal);
    const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await closed;
    clearTimeout(killer);
  }
}

/** A signal stops one thread after the other. */
async function isStill(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
  return states.every((stat) => stat.slice(stat.lastIndexOf(')') + 2).startsWith('T'));
}
