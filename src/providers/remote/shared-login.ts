import type { LoginGates } from './login-gates.js';
import type { Places } from './places.js';
import { type MasterAddress, type MasterFailure, SshMaster } from './ssh-master.js';

/** One login that sessions share, from the moment when it is wanted: it waits for its turn within the worker's limits, logs in, and ends. */
export class SharedLogin {
  users = 0;
  /** Takes no more sessions. */
  retired = false;
  idle: NodeJS.Timeout | undefined;
  /** Resolves once sessions may share it, or with the reason why none ever will. */
  readonly opened: Promise<MasterFailure | undefined>;
  readonly ended: Promise<void>;
  private master: SshMaster | undefined;
  private isStopped = false;
  private settle: (failure: MasterFailure | undefined) => void = () => undefined;
  private over: () => void = () => undefined;
  private leaveGate: () => void = () => undefined;
  private readonly leaveTotal: () => void;

  constructor(
    readonly key: string,
    private readonly to: MasterAddress,
    total: Places,
    gates: LoginGates,
  ) {
    this.opened = new Promise((resolve) => (this.settle = resolve));
    this.ended = new Promise((resolve) => (this.over = resolve));
    this.leaveTotal = total.take(() => {
      this.leaveGate = gates.pass(to, () => this.logIn());
    });
  }

  get socket(): string {
    return this.to.socket;
  }

  /** Undefined until it is decided; then whether it still runs. */
  get isOpen(): boolean | undefined {
    return this.master?.isOpen;
  }

  answers(): Promise<boolean> {
    return this.master?.answers() ?? Promise.resolve(false);
  }

  brokenBecause(): Promise<string | undefined> {
    return this.master?.brokenBecause() ?? Promise.resolve(undefined);
  }

  /** Takes no more sessions and ends when the last one has. */
  end(): void {
    if (this.master === undefined) this.finish();
    else this.master.end();
  }

  /** Ends it with all sessions. */
  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.master === undefined) return this.finish();
    await this.master.stop();
  }

  private logIn(): void {
    this.master = new SshMaster(this.to);
    void this.master.opened.then((failure) => {
      this.leaveGate();
      // Sessions that wait for it must not log in by themselves now.
      this.settle(this.isStopped ? STOPPED : failure);
    });
    void this.master.ended.then(() => this.finish());
  }

  private finish(): void {
    this.leaveGate();
    this.leaveTotal();
    // A login that has begun says itself how it ended.
    if (this.master === undefined) this.settle(STOPPED);
    this.over();
  }
}

/** In ssh's own form, so that it is explained as its failures are. */
export const STOPPED: MasterFailure = {
  exit: { code: 255, signal: null },
  stderrLines: ['Connection closed: the worker stops'],
};
