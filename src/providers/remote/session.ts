import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { HoldfastError } from '../../core/failures.js';
import type { FailureType } from '../../core/failures.js';
import { BodyOutput } from './body-output.js';
import { childEnvironment } from '../../core/child-environment.js';
import type { ChildExit, Machine } from './machine.js';
import type { RunningScript, ScriptJob, ScriptResult } from './script-runner.js';
import { Transcript } from './transcript.js';
import { cannotStart, judgeSession, shellPrintsText } from './verdict.js';
import { GO, waitsForGo, wrapperScript } from './wrapper.js';

/** The wrapper gives a group five seconds between TERM and KILL; then it says that it has ended. */
const STOP_GRACE_MS = 8_000;
const KILL_AFTER_MS = 5_000;

/** Starts a script on a machine; see ScriptRunner for what it promises. */
export function startSession(machine: Machine, job: ScriptJob): RunningScript {
  const session = new Session(machine, job);
  return { stdout: session.stdout, stdin: session.stdin, finished: session.finished };
}

class Session implements RunningScript {
  readonly stdout: Readable | null;
  readonly stdin: Writable | null;
  readonly finished: Promise<ScriptResult>;
  private readonly child: ChildProcess;
  private readonly input: Writable;
  private readonly transcript: Transcript;
  private readonly output: BodyOutput | undefined;
  /**
   * What follows the wrapper is held back until it has begun. A list, since some hosts' `head` reads past the wrapper;
   * and where the body writes to a descriptor of ours, the word to go, since nobody reads what a login shell prints
   * there first.
   */
  private readonly heldBack: Uint8Array | undefined;
  private readonly sizeAtStart: number;
  private readonly timers: NodeJS.Timeout[] = [];
  private stopped: HoldfastError | undefined;
  private over = false;

  constructor(
    private readonly machine: Machine,
    private readonly job: ScriptJob,
  ) {
    const token = randomBytes(16).toString('hex');
    this.heldBack = heldBackOf(job);
    this.sizeAtStart = this.outputSize();
    this.transcript = new Transcript(token, () => this.begin(), job.onStderrLine);
    const script = Buffer.from(wrapperScript(job, token), 'utf8');
    const [program, ...words] = machine.command(script.byteLength);
    // A process group of its own: Ctrl-C in the worker's terminal must not reach it before the worker decides.
    this.child = spawn(program, words, {
      stdio: ['pipe', job.stdout === 'pipe' ? 'pipe' : job.stdout.fd, 'pipe'],
      detached: true,
      cwd: '/',
      env: childEnvironment(process.env),
    });
    // Without it there is no child either (too many open files), which the error event tells.
    this.input = this.child.stdin ?? new PassThrough();
    // A broken pipe here is told by the session's end, with its reason.
    this.input.on('error', () => undefined);
    this.child.stderr?.on('data', (chunk: Buffer) => this.transcript.feed(chunk));
    const exit = new Promise<ChildExit | Error>((resolve) => {
      this.child.once('error', resolve);
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.finished = exit.then((how) => this.conclude(how)).finally(() => this.release());
    // Whoever reads the output may learn of the failure there first.
    this.finished.catch(() => undefined);
    this.output = this.child.stdout ? this.passOn(this.child.stdout, token) : undefined;
    this.stdout = this.output ?? null;
    this.stdin = job.stdin === 'pipe' ? this.input : null;
    this.input.write(script);
    if (job.stdin === 'pipe' && job.list !== undefined) this.input.write(job.list);
    this.watch();
  }

  private passOn(stdout: Readable, token: string): BodyOutput {
    const output = new BodyOutput(token, () => this.finished);
    output.on('error', () => undefined);
    // A reader that gives up ends the session; what is still on the way must flow off, else the child waits for ever.
    output.once('close', () => {
      stdout.resume();
      this.stop(this.error('Cancelled', `the reader of ${this.job.what} gave up`));
    });
    return stdout.pipe(output);
  }

  private watch(): void {
    const { signal, timeoutMs, what } = this.job;
    if (signal.aborted) return this.cancel();
    signal.addEventListener('abort', this.cancel, { once: true });
    if (timeoutMs === undefined) return;
    const late = `to ${what} took longer than ${timeoutMs / 1000} s`;
    this.timers.push(setTimeout(() => this.stop(this.error('TimedOut', late)), timeoutMs));
  }

  private readonly cancel = (): void => this.stop(this.error('Cancelled', `to ${this.job.what} was cancelled`));

  private begin(): void {
    if (this.heldBack === undefined || this.stopped) return;
    if (this.outputSize() !== this.sizeAtStart) return this.stop(shellPrintsText(this.machine));
    this.input.write(this.heldBack);
  }

  /** Of a regular file that the body writes to; other descriptors have none. */
  private outputSize(): number {
    if (this.job.stdout === 'pipe') return 0;
    const status = fstatSync(this.job.stdout.fd);
    return status.isFile() ? status.size : 0;
  }

  /**
   * Ends the session for a reason. Where the end of input means `stop`, the machine is given the time to kill the whole
   * group and to say so; otherwise the child is ended, and the machine notices by itself.
   */
  private stop(reason: HoldfastError): void {
    if (this.stopped || this.over) return;
    this.stopped = reason;
    this.output?.destroy(reason);
    // Standard output and error come each in their own time: either may be the first to show that it has begun.
    const begun = this.transcript.begun || this.output?.started === true;
    const asks = begun && this.job.stdin !== 'pipe';
    this.input.end();
    this.signalAfter(asks ? STOP_GRACE_MS : 0, 'SIGTERM');
    this.signalAfter((asks ? STOP_GRACE_MS : 0) + KILL_AFTER_MS, 'SIGKILL');
  }

  private signalAfter(delayMs: number, signal: NodeJS.Signals): void {
    this.timers.push(setTimeout(() => this.child.kill(signal), delayMs));
  }

  private release(): void {
    this.over = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.job.signal.removeEventListener('abort', this.cancel);
  }

  private conclude(exit: ChildExit | Error): ScriptResult {
    this.transcript.end();
    if (exit instanceof Error) throw cannotStart(this.machine, exit);
    if (this.stopped) throw this.stopped;
    return judgeSession(this.machine, this.job.what, {
      exit,
      transcript: this.transcript,
      chatter: this.output?.chatter ?? '',
    });
  }

  private error(type: FailureType, message: string): HoldfastError {
    return new HoldfastError(type, `${this.machine.label}: ${message}`, this.machine.place);
  }
}

function heldBackOf(job: ScriptJob): Uint8Array | undefined {
  if (job.stdin === 'pipe') return undefined;
  return waitsForGo(job) ? GO : job.list;
}
