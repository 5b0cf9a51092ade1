import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { childEnvironment } from '../../core/child-environment.js';
import { loginGateOf } from '../../core/ssh/config.js';
import type { MasterAddress } from './ssh-master.js';

/** Once ten logins are under way sshd drops some of the next (MaxStartups 10:30:100), and others log in there too. */
const LOGINS_AT_ONCE = 5;
const ASK_LIMIT_MS = 10_000;
/** Of logins that began without asking where they knock: they count for every gate. */
const ANY = '';

type Where = Pick<MasterAddress, 'configFile' | 'address'>;

/**
 * Spreads the logins at each sshd: behind one jump host may lie hundreds of hosts, and each login to one of them is a login at the jump host too.
 */
export class LoginGates {
  private readonly underWay = new Map<string, number>();
  private readonly names = new Map<string, Promise<string>>();
  private waiting: { readonly gate: string; readonly enter: () => void }[] = [];

  constructor(private readonly atOnce = LOGINS_AT_ONCE) {}

  /** Calls `enter` when a login may begin, perhaps at once. What it returns says that the login is done, or not wanted any more; safe to call twice. */
  pass(where: Where, enter: () => void): () => void {
    let state: 'asking' | 'waiting' | 'under way' | 'over' = 'asking';
    let gate = ANY;
    const admitted = (): void => {
      state = 'under way';
      this.underWay.set(gate, (this.underWay.get(gate) ?? 0) + 1);
      enter();
    };
    const ask = async (): Promise<void> => {
      gate = await this.gateOf(where);
      if (state === 'over') return;
      if (this.isFree(gate)) return admitted();
      state = 'waiting';
      this.waiting.push({ gate, enter: admitted });
    };
    const inAll = [...this.underWay.values()].reduce((sum, count) => sum + count, 0);
    if (inAll < this.atOnce) admitted();
    else void ask();
    return () => {
      if (state === 'under way') this.underWay.set(gate, (this.underWay.get(gate) ?? 1) - 1);
      if (state === 'waiting') this.waiting = this.waiting.filter((one) => one.enter !== admitted);
      const wasUnderWay = state === 'under way';
      state = 'over';
      if (wasUnderWay) this.admitNext();
    };
  }

  private isFree(gate: string): boolean {
    return (this.underWay.get(gate) ?? 0) + (this.underWay.get(ANY) ?? 0) < this.atOnce;
  }

  private admitNext(): void {
    for (const one of [...this.waiting]) {
      if (!this.isFree(one.gate)) continue;
      this.waiting = this.waiting.filter((other) => other !== one);
      one.enter();
    }
  }

  /** The sshd that a login knocks at first, as ssh itself resolves it from its configuration. */
  private gateOf({ configFile, address }: Where): Promise<string> {
    const key = `${configFile} ${address}`;
    const known = this.names.get(key) ?? askSsh(configFile, address);
    this.names.set(key, known);
    return known;
  }
}

/** Without an answer the host counts as its own gate: the login itself then says what is wrong. */
async function askSsh(configFile: string, address: string): Promise<string> {
  const options = { env: childEnvironment(process.env), cwd: '/', timeout: ASK_LIMIT_MS };
  const asked = promisify(execFile)('ssh', ['-F', configFile, '-G', '--', address], options);
  return asked.then(({ stdout }) => loginGateOf(stdout) ?? address).catch(() => address);
}
