import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

/** An account on this machine for hosts of tests: not root, and able to log in. */
export interface HostUser {
  readonly name: string;
  readonly uid: number;
  /** Lets it call one program as root, without a password. */
  allowSudo(program: string): void;
  remove(): void;
}

/** Needs root. `remove` takes away all that was made. */
export function addHostUser(): HostUser {
  const name = `hf${process.pid.toString(36)}`;
  const rule = `/etc/sudoers.d/${name}`;
  execFileSync('useradd', ['--system', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/bin/sh', name]);
  return {
    name,
    uid: Number(execFileSync('id', ['-u', name], { encoding: 'utf8' })),
    allowSudo: (program) => writeFileSync(rule, `${name} ALL=(root) NOPASSWD: ${program}\n`, { mode: 0o440 }),
    remove: () => {
      rmSync(rule, { force: true });
      execFileSync('userdel', [name], { stdio: ['ignore', 'ignore', 'pipe'] });
    },
  };
}
