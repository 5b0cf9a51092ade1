import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '../../core/child-environment.js';
import { brokenConnection } from '../../core/ssh/failures.js';
import type { ChildExit } from './machine.js';
import { bootstrapCommand } from './wrapper.js';

const KILL_AFTER_MS = 5_000;
const ANSWER_LIMIT_MS = 10_000;
const KEPT_OF_STDERR = 64 * 1024;
/** The sessions of a connection that breaks may end a little before it. */
const BREAK_LIMIT_MS = 1_000;

export interface MasterAddress {
  readonly configFile: string;
  readonly address: string;
  /** Where it listens; nothing is there yet. */
  readonly socket: string;
}

/** How ssh ended before its login was done. */
export interface MasterFailure {
  readonly exit: ChildExit;
  readonly stderrLines: readonly string[];
}

/**
 * An OpenSSH master (ssh(1), -M): one login that other sessions share by its socket.
 *
 * Its own session is a `cat` that reads from a pipe of this process: when this process is gone, however that came, `cat` ends, and ssh with
 * it as soon as no session is left.
 */
export class SshMaster {
  readonly socket: string;
  /** Resolves once sessions may share it, or with the reason why none ever will. */
  readonly opened: Promise<MasterFailure | undefined>;
  readonly ended: Promise<void>;
  private readonly ending: Promise<MasterFailure>;
  private isEnding = false;
  /** Undefined until `opened`; then whether it still runs. */
  isOpen: boolean | undefined;
  private readonly child;

  constructor({ configFile, address, socket }: MasterAddress) {
    this.socket = socket;
    const token = randomBytes(16).toString('hex');
    const script = `printf '%s\\n' ${token}; exec cat >/dev/null\n`;
    const words = ['-F', configFile, '-M', '-S', socket, '-T', '--', address, bootstrapCommand(script.length)];
    this.child = spawn('ssh', words, { stdio: 'pipe', detached: true, cwd: '/', env: childEnvironment(process.env) });
    const { stdin, stdout, stderr } = this.child;
    let said = '';
    stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('latin1')).slice(-KEPT_OF_STDERR)));
    const exit = new Promise<ChildExit>((resolve) => {
      this.child.once('error', () => resolve({ code: null, signal: null }));
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.ending = exit.then((how) => ({ exit: how, stderrLines: said.split('\n') }));
    this.opened = new Promise((resolve) => {
      let heard = '';
      stdout.on('data', (chunk: Buffer) => {
        // What a login shell prints first is no matter here: it spoils the sessions, which tell of it.
        heard = (heard + chunk.toString('latin1')).slice(-KEPT_OF_STDERR);
        if (this.isOpen !== undefined || !heard.includes(`${token}\n`)) return;
        this.isOpen = true;
        resolve(undefined);
      });
      void this.ending.then(resolve);
    });
    this.ended = exit.then(() => undefined);
    this.child.once('exit', () => (this.isOpen = false));
    // A broken pipe is told by its end.
    stdin.on('error', () => undefined);
    stdin.write(script);
  }

  /**
   * Whether it lives now. One that is killed closes its sessions' streams as if they had ended in order, and a session's status may have come
   * before the last of its output: status 0 counts only when the master still answers after it.
   */
  answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const client = connect(this.socket);
      const settle = (answered: boolean): void => {
        resolve(answered);
        client.destroy();
      };
      client.setTimeout(ANSWER_LIMIT_MS, () => settle(false));
      client.once('data', () => settle(true));
      client.once('error', () => settle(false));
      client.once('close', () => settle(false));
      client.write(HELLO);
    });
  }

  /**
   * Why it broke, as a clause, asked when a session over it has failed: ssh tells only here what happened to the connection. Undefined when it
   * stands, or was ended from here.
   */
  async brokenBecause(): Promise<string | undefined> {
    if (this.isEnding) return undefined;
    const waited = new AbortController();
    const late = delay(BREAK_LIMIT_MS, undefined, { signal: waited.signal }).catch(() => undefined);
    const how = await Promise.race([this.ending, late]);
    waited.abort();
    return how && brokenConnection(how.exit, how.stderrLines);
  }

  /** Takes no more sessions and ends when the last one has. */
  end(): void {
    this.isEnding = true;
    this.child.stdin.end();
  }

  /** Ends it with all sessions. */
  async stop(): Promise<void> {
    this.end();
    const timers = [
      setTimeout(() => this.child.kill('SIGTERM'), KILL_AFTER_MS),
      setTimeout(() => this.child.kill('SIGKILL'), 2 * KILL_AFTER_MS),
    ];
    await this.ended;
    for (const timer of timers) clearTimeout(timer);
  }
}

/** The first packet of ssh's multiplexing protocol (PROTOCOL.mux, version 4), by which both sides greet: length, MUX_MSG_HELLO, version. */
const HELLO = Buffer.from([0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 4]);
