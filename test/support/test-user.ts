import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestUser {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly password: string;
  /** Removes the account; its processes are ended. */
  remove(): Promise<void>;
}

/** An account of this machine with a password of its own and an empty home below `directory`; needs root. */
export async function makeTestUser(directory: string): Promise<TestUser> {
  const name = `hf${randomBytes(4).toString('hex')}`;
  const password = `canary-${randomBytes(12).toString('hex')}`;
  const home = join(directory, name);
  // Every directory above must let the user through.
  await chmod(directory, 0o755);
  await run('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
  const set = run('chpasswd');
  set.child.stdin?.end(`${name}:${password}\n`);
  await set;
  await mkdir(home, { mode: 0o755 });
  const uid = Number((await run('id', ['-u', name])).stdout);
  await run('chown', [`${name}:`, home]);
  return {
    name,
    uid,
    home,
    password,
    remove: async () => {
      await run('pkill', ['-KILL', '-U', String(uid)]).catch(() => undefined);
      await run('userdel', ['--force', name]);
    },
  };
}
