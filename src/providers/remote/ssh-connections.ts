import { join } from 'node:path';
import { ConnectionSeat, type ConnectionShare } from './connection-seat.js';
import { LoginGates } from './login-gates.js';
import { Places } from './places.js';
import { SharedLogin, STOPPED } from './shared-login.js';
import { makeSocketDirectory, removeSocketDirectory } from './socket-directory.js';

export type { ConnectionShare } from './connection-seat.js';

/** sshd takes ten sessions for each connection (MaxSessions); one is the master's own, one is left for a session that just ends. */
const SESSIONS_PER_LOGIN = 8;
/** At the same time. */
const LOGINS_PER_HOST = 4;
/** At the same time, of a worker, to all hosts. */
const LOGINS_IN_TOTAL = 100;
const IDLE_MS = 60_000;

export interface ShareRequest {
  readonly configFile: string;
  readonly address: string;
  /** Log in anew, so that a changed host key or a withdrawn login is noticed; what follows shares this login. */
  readonly newLogin: boolean;
  /** Sessions over one login; default: 8. */
  readonly maxSessions?: number;
  /** Logins that take sessions at the same time; default: 4. */
  readonly maxLogins?: number;
}

export interface ConnectionLimits {
  /** Logins to all hosts at the same time; default: 100. */
  readonly total?: number;
  /** How long a login stays after its last session; default: a minute. */
  readonly idleMs?: number;
}

/**
 * This process's logins: for each ssh configuration as many as its sessions need, within limits, kept for a minute after the last of them. A login
 * costs 0.2 s and 0.1 s of processor time, a session over one that stands a tenth of that; and sshd drops logins when there are too many at once.
 * Beyond the limits sessions wait for their turn.
 */
export class SshConnections {
  private readonly logins = new Set<SharedLogin>();
  private waiting: { readonly seat: ConnectionSeat; readonly key: string; readonly request: ShareRequest }[] = [];
  private readonly gates = new LoginGates();
  private readonly total: Places;
  private readonly idleMs: number;
  private directory: string | undefined;
  private made = 0;
  private closed = false;

  constructor({ total = LOGINS_IN_TOTAL, idleMs = IDLE_MS }: ConnectionLimits = {}) {
    this.total = new Places(total);
    this.idleMs = idleMs;
  }

  /** Undefined when this machine has no place for sockets: the session then has a login of its own. */
  share(request: ShareRequest): ConnectionShare | undefined {
    if (this.closed) return undefined;
    this.directory ??= makeSocketDirectory();
    if (this.directory === undefined) return undefined;
    const key = `${request.configFile} ${request.address}`;
    if (request.newLogin) for (const login of this.of(key)) if (login.isOpen !== undefined) this.retire(login);
    const seat = new ConnectionSeat((left) => this.leave(left, key));
    this.place(seat, key, request, this.directory);
    return seat;
  }

  /** Ends all connections and whatever still runs over them. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { seat } of this.waiting.splice(0)) seat.refuse(STOPPED);
    const logins = [...this.logins];
    for (const { idle } of logins) clearTimeout(idle);
    // Those that have not begun first: none of them may take the place of one that ends.
    await Promise.all(
      [...logins].sort((a, b) => Number(a.isOpen ?? 0) - Number(b.isOpen ?? 0)).map((login) => login.stop()),
    );
    if (this.directory !== undefined) removeSocketDirectory(this.directory);
  }

  private of(key: string): SharedLogin[] {
    return [...this.logins].filter((login) => login.key === key);
  }

  private place(seat: ConnectionSeat, key: string, request: ShareRequest, directory: string): void {
    const { maxSessions = SESSIONS_PER_LOGIN, maxLogins = LOGINS_PER_HOST } = request;
    const usable = this.of(key).filter(({ retired }) => !retired);
    const free = usable.find(({ users }) => users < maxSessions);
    if (free === undefined && usable.length >= maxLogins) {
      this.waiting.push({ seat, key, request });
      return;
    }
    const login = free ?? this.open(key, request, directory);
    login.users += 1;
    clearTimeout(login.idle);
    seat.sit(login);
  }

  private open(key: string, { configFile, address }: ShareRequest, directory: string): SharedLogin {
    // A login that nobody uses makes room for one that somebody wants.
    if (this.total.isFull) {
      const idle = [...this.logins].find(({ users, retired }) => users === 0 && !retired);
      if (idle !== undefined) this.retire(idle);
    }
    // A new name for each: what a killed master left behind is never met again.
    const socket = join(directory, String((this.made += 1)));
    const login = new SharedLogin(key, { configFile, address, socket }, this.total, this.gates);
    this.logins.add(login);
    void login.ended.then(() => {
      clearTimeout(login.idle);
      login.retired = true;
      this.logins.delete(login);
      this.admit(key);
    });
    return login;
  }

  private leave(seat: ConnectionSeat, key: string): void {
    const { login } = seat;
    if (login === undefined) {
      this.waiting = this.waiting.filter((one) => one.seat !== seat);
      return;
    }
    login.users -= 1;
    if (this.closed) return;
    this.admit(key);
    if (login.users > 0) return;
    // One that has not even begun is wanted by nobody any more; others may wait for its place.
    if (login.retired || login.isOpen === undefined || this.total.isWaitedFor) this.retire(login);
    else login.idle = setTimeout(() => this.retire(login), this.idleMs);
  }

  /** Those who wait for this host are looked at again, in their order. */
  private admit(key: string): void {
    const { directory } = this;
    const again = this.waiting.filter((one) => one.key === key);
    if (again.length === 0 || this.closed || directory === undefined) return;
    this.waiting = this.waiting.filter((one) => one.key !== key);
    for (const { seat, request } of again) this.place(seat, key, request, directory);
  }

  private retire(login: SharedLogin): void {
    login.retired = true;
    clearTimeout(login.idle);
    if (login.users === 0) login.end();
    this.admit(login.key);
  }
}
