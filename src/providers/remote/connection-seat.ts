import type { MasterFailure } from './ssh-master.js';
import type { SharedLogin } from './shared-login.js';

/** A place on a connection; given back when its session is over. */
export interface ConnectionShare {
  /** Known once `opened`. */
  readonly socket: string;
  /** Resolves once the connection stands, or with the reason why it does not. */
  readonly opened: Promise<MasterFailure | undefined>;
  /** Whether the connection stood to the end, asked when a session has ended with status 0. */
  answers(): Promise<boolean>;
  /** Why the connection broke, as a clause; undefined when it stands. */
  brokenBecause(): Promise<string | undefined>;
  release(): void;
}

/** A session's place on whichever login it is given. */
export class ConnectionSeat implements ConnectionShare {
  readonly opened: Promise<MasterFailure | undefined>;
  login: SharedLogin | undefined;
  private settle: (failure: MasterFailure | undefined) => void = () => undefined;
  private released = false;

  constructor(private readonly onRelease: (seat: ConnectionSeat) => void) {
    this.opened = new Promise((resolve) => (this.settle = resolve));
  }

  sit(login: SharedLogin): void {
    this.login = login;
    void login.opened.then(this.settle);
  }

  refuse(failure: MasterFailure): void {
    this.settle(failure);
  }

  get socket(): string {
    return this.login?.socket ?? '';
  }

  answers(): Promise<boolean> {
    return this.login?.answers() ?? Promise.resolve(false);
  }

  brokenBecause(): Promise<string | undefined> {
    return this.login?.brokenBecause() ?? Promise.resolve(undefined);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.onRelease(this);
  }
}
