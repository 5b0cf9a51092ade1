import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MasterFailure } from './ssh-master.js';
import { SshMaster } from './ssh-master.js';
import { makeSocketDirectory } from './socket-directory.js';

/** sshd takes ten sessions for each connection (MaxSessions); one is the master's own, one is left for a session that just ends. */
const SESSIONS_PER_MASTER = 8;
const IDLE_MS = 60_000;

/** A place on a connection; given back when its session is over. */
export interface ConnectionShare {
  readonly socket: string;
  /** Resolves once the connection stands, or with the reason why it does not. */
  readonly opened: Promise<MasterFailure | undefined>;
  /** Whether the connection stood to the end, asked when a session has ended with status 0. */
  answers(): Promise<boolean>;
  release(): void;
}

export interface ShareRequest {
  readonly configFile: string;
  readonly address: string;
  /** Log in anew, so that a changed host key or a withdrawn login is noticed; what follows shares this login. */
  readonly newLogin: boolean;
}

interface Member {
  /** What makes the connection. */
  readonly key: string;
  readonly master: SshMaster;
  users: number;
  /** Takes no more sessions. */
  retired: boolean;
  idle?: NodeJS.Timeout;
}

/**
 * This process's logins: for each ssh configuration as many as its sessions need, kept for a minute after the last of them. A login costs
 * 0.2 s and 0.1 s of processor time, a session over one that stands a tenth of that; and sshd drops logins when there are too many at once.
 */
export class SshConnections {
  private readonly members = new Set<Member>();
  private directory: string | undefined;
  private made = 0;
  private closed = false;

  constructor(private readonly idleMs = IDLE_MS) {}

  /** Undefined when this machine has no place for sockets: the session then has a login of its own. */
  share({ configFile, address, newLogin }: ShareRequest): ConnectionShare | undefined {
    const key = `${configFile} ${address}`;
    const mine = [...this.members].filter((member) => member.key === key);
    if (newLogin) for (const member of mine) if (member.master.isOpen !== undefined) this.retire(member);
    const free = mine.find(({ retired, users }) => !retired && users < SESSIONS_PER_MASTER);
    const member = free ?? this.open(key, configFile, address);
    return member && this.enter(member);
  }

  /** Ends all connections and whatever still runs over them. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { idle } of this.members) clearTimeout(idle);
    await Promise.all([...this.members].map(({ master }) => master.stop()));
    if (this.directory !== undefined) await rm(this.directory, { recursive: true, force: true });
  }

  private open(key: string, configFile: string, address: string): Member | undefined {
    if (this.closed) return undefined;
    this.directory ??= makeSocketDirectory();
    if (this.directory === undefined) return undefined;
    // A new name for each: what a killed master left behind is never met again.
    const socket = join(this.directory, String((this.made += 1)));
    const member: Member = { key, master: new SshMaster({ configFile, address, socket }), users: 0, retired: false };
    this.members.add(member);
    void member.master.ended.then(() => {
      clearTimeout(member.idle);
      member.retired = true;
      this.members.delete(member);
    });
    return member;
  }

  private enter(member: Member): ConnectionShare {
    const { master } = member;
    member.users += 1;
    clearTimeout(member.idle);
    let released = false;
    return {
      socket: master.socket,
      opened: master.opened,
      answers: () => master.answers(),
      release: () => {
        if (released) return;
        released = true;
        member.users -= 1;
        if (member.users > 0 || this.closed) return;
        if (member.retired) master.end();
        else member.idle = setTimeout(() => this.retire(member), this.idleMs);
      },
    };
  }

  private retire(member: Member): void {
    member.retired = true;
    clearTimeout(member.idle);
    if (member.users === 0) member.master.end();
  }
}
