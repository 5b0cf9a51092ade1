import { copyFile, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../../src/demo/loopback-process.js';
import { knownHost, makeKey, sshdConfig, writeKeys } from '../../../src/demo/sshd-setup.js';
import {
  DIES_AFTER_BYTES,
  DYING_BYTES_PER_SECOND,
  type Fault,
  RETURNS_AFTER_MS,
  SLOW_BYTES_PER_SECOND,
} from './fault.js';
import type { Machine } from './machine.js';
import { system } from './system.js';

const WATCH_MS = 5;

/** A real sshd with keys, a network and files of its own, of which something may be wrong. */
export class FleetHost {
  readonly user = userInfo().username;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** With `destination-full`: the file system that its copies must go to. */
  readonly destination: string | undefined;
  /** How often it died on its own. */
  deaths = 0;
  private readonly watching = new AbortController();
  private watch: Promise<void> = Promise.resolve();

  private constructor(
    readonly name: string,
    /** Undefined: nothing, or nothing any more. */
    public fault: Fault | undefined,
    readonly machine: Machine,
    private readonly directory: string,
    /** Where its files really lie. */
    readonly tree: string,
  ) {
    this.identityFile = join(directory, 'client_key');
    this.knownHostsFile = join(directory, 'known_hosts');
    this.destination = fault === 'destination-full' ? join(directory, 'destination') : undefined;
  }

  /** @param directory its own; may hold `client_key` already, which is then used */
  static async start(
    name: string,
    fault: Fault | undefined,
    machine: Machine,
    { directory, tree }: { readonly directory: string; readonly tree: string },
  ): Promise<FleetHost> {
    const host = new FleetHost(name, fault, machine, directory, tree);
    const keygen = await findProgram('ssh-keygen', 'openssh-client');
    await writeKeys(keygen, directory);
    await makeKey(keygen, join(directory, 'other_key'));
    await host.writeAccess();
    if (host.destination !== undefined) {
      await mkdir(host.destination);
      await system('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', host.destination]);
    }
    if (fault === 'slow') await machine.limitTo(SLOW_BYTES_PER_SECOND);
    if (fault === 'dies') await machine.limitTo(DYING_BYTES_PER_SECOND);
    if (fault !== 'down') await host.startSshd();
    if (fault === 'dark') await machine.setDark(true);
    if (fault === 'dies') {
      host.watch = host.dieOnce(await machine.sentBytes());
      // Told when it is waited for.
      host.watch.catch(() => undefined);
    }
    return host;
  }

  /** As the host sees it. */
  get sourcePath(): string {
    return this.machine.sourcePath;
  }

  /** Takes the fault away; the host is then as the others. */
  async heal(): Promise<void> {
    const was = this.fault;
    this.fault = undefined;
    await this.stopWatching();
    await this.writeAccess();
    if (was === 'slow' || was === 'dies') await this.machine.limitTo(undefined);
    if (was === 'dark') await this.machine.setDark(false);
    if (this.destination !== undefined) await system('mount', ['-o', 'remount,size=64m', this.destination]);
    if (was === 'down') await this.startSshd();
    if (was === 'without-rsync' || was === 'printing-shell') {
      await this.machine.kill();
      await this.startSshd();
    }
  }

  async stop(): Promise<void> {
    await this.stopWatching();
    await this.machine.kill();
    if (this.destination !== undefined) await system('umount', ['--lazy', this.destination]);
  }

  private async startSshd(): Promise<void> {
    const config = join(this.directory, 'sshd_config');
    const { listen } = this.machine;
    const sshdOptions = await this.optionsOfFault();
    await writeFile(config, await sshdConfig({ directory: this.directory, user: this.user, listen, sshdOptions }));
    await this.machine.start(config);
  }

  private async optionsOfFault(): Promise<string[]> {
    switch (this.fault) {
      case 'printing-shell':
        return ['ForceCommand echo "Welcome back"; eval "$SSH_ORIGINAL_COMMAND"'];
      case 'without-rsync':
        // sshd takes the first SetEnv only.
        return [`SetEnv SHLVL=1 PATH=${await this.programsWithoutRsync()}`];
      default:
        return [];
    }
  }

  private async programsWithoutRsync(): Promise<string> {
    const programs = join(this.directory, 'bin');
    await mkdir(programs);
    const names = (await readdir('/usr/bin')).filter((name) => name !== 'rsync');
    await Promise.all(names.map((name) => symlink(join('/usr/bin', name), join(programs, name))));
    return programs;
  }

  /** Whom the host lets in, and which key of the host is known. */
  private async writeAccess(): Promise<void> {
    const file = (name: string): string => join(this.directory, name);
    const client = this.fault === 'key-refused' ? 'other_key.pub' : 'client_key.pub';
    await copyFile(file(client), file('authorized_keys'));
    const key = await readFile(file(this.fault === 'host-key-changed' ? 'other_key.pub' : 'host_key.pub'), 'utf8');
    await writeFile(this.knownHostsFile, this.fault === 'host-key-unknown' ? '' : knownHost(this.machine, key));
  }

  private async dieOnce(before: number): Promise<void> {
    const { signal } = this.watching;
    while (!signal.aborted && (await this.machine.sentBytes()) - before < DIES_AFTER_BYTES) await delay(WATCH_MS);
    if (signal.aborted) return;
    await this.machine.kill();
    this.deaths += 1;
    await delay(RETURNS_AFTER_MS);
    if (!signal.aborted) await this.startSshd();
  }

  private async stopWatching(): Promise<void> {
    this.watching.abort();
    await this.watch;
  }
}
