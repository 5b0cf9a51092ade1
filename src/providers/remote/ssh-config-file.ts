import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import { sshConfigText } from '../../core/ssh/config.js';

/** ssh reads neither of these by itself once it is given a file. */
const systemConfigs = (): string[] => [join(userInfo().homedir, '.ssh/config'), '/etc/ssh/ssh_config'];

/**
 * Writes one ssh_config(5) file per host into a private directory, and keeps it while the host's plan stays the same.
 */
export class SshConfigFiles {
  private readonly written = new Set<string>();

  /**
   * `directory` is made when missing; its path must not hold spaces, since rsync splits its --rsh at them. `includes`
   * are weaker than the plan; those that do not exist are left out.
   */
  constructor(
    private readonly directory: string,
    private readonly includes: readonly string[] = systemConfigs(),
  ) {
    if (/[\s"'\\]/.test(directory)) {
      throw new HoldfastError(
        'ConfigInvalid',
        `the runtime directory ${JSON.stringify(directory)} holds a space or quote`,
      );
    }
  }

  /** The path of the host's file. Throws ConfigInvalid when the plan cannot be written as one. */
  fileFor(host: HostPlan): string {
    const text = sshConfigText(
      host,
      this.includes.filter((path) => existsSync(path)),
    );
    const path = join(this.directory, `ssh-${createHash('sha256').update(text).digest('hex').slice(0, 20)}.conf`);
    if (this.written.has(path) && existsSync(path)) return path;
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    // Several workers may share the directory: none may read half a file.
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    renameSync(draft, path);
    this.written.add(path);
    return path;
  }
}
