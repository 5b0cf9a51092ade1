import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { HoldfastError } from '../../core/failures.js';
import type { FailureType } from '../../core/failures.js';
import { BodyOutput } from './body-output.js';
import type { ChildExit, Machine } from './machine.js';
import type { RunningScript, ScriptJob, ScriptResult } from './script-runner.js';
import type { ConnectionShare } from './ssh-connections.js';
import type { MasterFailure } from './ssh-master.js';
import { startProcess } from './start-process.js';
import { Transcript } from './transcript.js';
import { cannotStart, judgeSession, shellPrintsText } from './verdict.js';
import { heldBackOf, wrapperScript } from './wrapper.js';

/** The wrapper gives a group five seconds between TERM and KILL; then it says that it has ended. */
const STOP_GRACE_MS = 8_000;
const KILL_AFTER_MS = 5_000;
/** ssh's status for every failure of its own. */
const SSH_FAILED = 255;

/** Starts a script on a machine; see ScriptRunner for what it promises. */
export function startSession(machine: Machine, job: ScriptJob): RunningScript {
  const session = new Session(machine, job);
  return { stdout: session.stdout, stdin: session.stdin, finished: session.finished };
}

class Session implements RunningScript {
  readonly stdout: Readable | null;
  readonly stdin: Writable | null;
  readonly finished: Promise<ScriptResult>;
  private child: ChildProcess | undefined;
  private input: Writable | undefined;
  private readonly share: ConnectionShare | undefined;
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
  private settle: (exit: ChildExit | Error) => void = () => undefined;

  constructor(
    private readonly machine: Machine,
    private readonly job: ScriptJob,
  ) {
    const token = randomBytes(16).toString('hex');
    this.heldBack = heldBackOf(job);
    this.sizeAtStart = this.outputSize();
    this.transcript = new Transcript(token, () => this.begin(), job.onStderrLine);
    const script = Buffer.from(wrapperScript(job, token), 'utf8');
    this.output = job.stdout === 'pipe' ? this.bodyOutput(token) : undefined;
    this.stdout = this.output ?? null;
    // Where the input's end is normal, the host tells that we are gone by the end of the connection: it must be the session's own.
    this.share = job.stdin === 'pipe' ? undefined : machine.share?.(job);
    const exit = new Promise<ChildExit | Error>((resolve) => {
      this.settle = resolve;
    });
    if (this.share === undefined) this.launch(script);
    else void this.share.opened.then((failure) => this.launchShared(script, failure));
    this.finished = exit.then((how) => this.conclude(how)).finally(() => this.release());
    // Whoever reads the output may learn of the failure there first.
    this.finished.catch(() => undefined);
    this.stdin = job.stdin === 'pipe' ? (this.input ?? null) : null;
    this.watch();
  }

  private launchShared(script: Buffer, failure: MasterFailure | undefined): void {
    if (this.stopped) return;
    // Its own words, not a second login that fails in the same way.
    if (failure?.exit.code === SSH_FAILED) {
      this.output?.end();
      return this.settle(this.machine.explain(failure.exit, failure.stderrLines));
    }
    // The login worked, but not what came then: a login of this session's own tells more.
    this.launch(script, failure === undefined ? this.share?.socket : undefined);
  }

  private launch(script: Buffer, socket?: string): void {
    const { job } = this;
    const child = startProcess(this.machine.command(script.byteLength, socket), job.stdout);
    this.child = child;
    // Without it there is no child either (too many open files), which the error event tells.
    this.input = child.stdin ?? new PassThrough();
    // A broken pipe here is told by the session's end, with its reason.
    this.input.on('error', () => undefined);
    child.stderr?.on('data', (chunk: Buffer) => this.transcript.feed(chunk));
    child.once('error', this.settle);
    child.once('close', (code, signal) => this.settle({ code, signal }));
    if (this.output && child.stdout) this.passOn(child.stdout, this.output);
    this.input.write(script);
    if (job.stdin === 'pipe' && job.list !== undefined) this.input.write(job.list);
  }

  private bodyOutput(token: string): BodyOutput {
    const output = new BodyOutput(token, () => this.finished);
    output.on('error', () => undefined);
    output.once('close', () => this.stop(this.error('Cancelled', `the reader of ${this.job.what} gave up`)));
    return output;
  }

  private passOn(stdout: Readable, output: BodyOutput): void {
    // A reader that gives up ends the session; what is still on the way must flow off, else the child waits for ever.
    output.once('close', () => stdout.resume());
    stdout.pipe(output);
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
    this.input?.write(this.heldBack);
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
    if (this.child === undefined) return this.settle(reason);
    // Standard output and error come each in their own time: either may be the first to show that it has begun.
    const begun = this.transcript.begun || this.output?.started === true;
    const asks = begun && this.job.stdin !== 'pipe';
    this.input?.end();
    this.signalAfter(asks ? STOP_GRACE_MS : 0, 'SIGTERM');
    this.signalAfter((asks ? STOP_GRACE_MS : 0) + KILL_AFTER_MS, 'SIGKILL');
  }

  private signalAfter(delayMs: number, signal: NodeJS.Signals): void {
    this.timers.push(setTimeout(() => this.child?.kill(signal), delayMs));
  }

  private release(): void {
    this.over = true;
    this.share?.release();
    for (const timer of this.timers) clearTimeout(timer);
    this.job.signal.removeEventListener('abort', this.cancel);
  }

  private async conclude(exit: ChildExit | Error): Promise<ScriptResult> {
    this.transcript.end();
    if (this.stopped) throw this.stopped;
    if (exit instanceof HoldfastError) throw exit;
    if (exit instanceof Error) throw cannotStart(this.machine, exit);
    const shared = this.transcript.hasOwnLogin ? undefined : this.share;
    const cutOff = exit.code === 0 && (await shared?.answers()) === false;
    const brokenBecause = cutOff || exit.code === SSH_FAILED ? await shared?.brokenBecause() : undefined;
    return judgeSession(this.machine, this.job.what, {
      exit: cutOff ? { code: SSH_FAILED, signal: null } : exit,
      ...(brokenBecause === undefined ? {} : { brokenBecause }),
      transcript: this.transcript,
      chatter: this.output?.chatter ?? '',
    });
  }

  private error(type: FailureType, message: string): HoldfastError {
    return new HoldfastError(type, `${this.machine.label}: ${message}`, this.machine.place);
  }
}
