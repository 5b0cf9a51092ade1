import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { quote } from '../../src/core/shell-quoting.js';
import type { LoopbackHost } from '../../src/demo/loopback-host.js';
import type { Contender } from './measure.js';

/**
 * The tools people use today, run as they run them: restic and borg on the host, writing to a repository over ssh; tar, zstd and
 * rsync from the machine that keeps the copies.
 */
export interface Bench {
  readonly host: LoopbackHost;
  /** Directory on the host. */
  readonly data: string;
  /** Where everything of this bench lies. */
  readonly directory: string;
  /** ssh_config(5) file in which `bench-host` is the host, and also the machine with the peers' repositories. */
  readonly sshConfig: string;
}

export async function writeSshConfig(host: LoopbackHost, directory: string): Promise<string> {
  const file = join(directory, 'ssh_config');
  const lines = [
    'HostName 127.0.0.1',
    `Port ${host.port}`,
    `User ${host.user}`,
    `IdentityFile ${host.identityFile}`,
    `UserKnownHostsFile ${host.knownHostsFile}`,
    'BatchMode yes',
  ];
  await writeFile(file, `Host bench-host\n${lines.map((line) => `  ${line}\n`).join('')}`);
  await chmod(file, 0o600);
  return file;
}

const quiet = { stdout: 'ignore', stderr: 'pipe' } as const;

const shell = async (script: string): Promise<void> => {
  await execa('bash', ['-o', 'pipefail', '-c', script], quiet);
};

/** `ssh host tar | zstd`, the floor that everything else stands on. */
export function tarPipe(bench: Bench): Contender {
  const target = join(bench.directory, 'pipe.tar.zst');
  return {
    name: 'ssh tar | zstd -3 -T2',
    prepare: () => rm(target, { force: true }),
    run: () =>
      shell(
        `ssh -F ${quote(bench.sshConfig)} bench-host tar -C ${quote(bench.data)} -cf - . | zstd -q -3 -T2 -o ${quote(target)}`,
      ),
  };
}

export function untarPipe(bench: Bench): Contender {
  const target = join(bench.directory, 'pipe-restored');
  return {
    name: 'zstd -d | tar -x',
    prepare: async () => {
      await rm(target, { recursive: true, force: true });
      await mkdir(target);
    },
    run: () => shell(`zstd -qdc ${quote(join(bench.directory, 'pipe.tar.zst'))} | tar -C ${quote(target)} -xpf -`),
  };
}

export function restic(bench: Bench, kind: 'first' | 'again'): Contender {
  const repository = join(bench.directory, 'restic');
  const environment = { RESTIC_PASSWORD: 'bench', RESTIC_CACHE_DIR: join(bench.directory, 'restic-cache') };
  const common = [
    '-q',
    '-r',
    `sftp:bench-host:${repository}`,
    '-o',
    `sftp.command=ssh -F ${bench.sshConfig} bench-host -s sftp`,
  ];
  const backup = () => execa('restic', [...common, 'backup', bench.data], { ...quiet, env: environment });
  const fresh = async () => {
    await rm(repository, { recursive: true, force: true });
    await rm(environment.RESTIC_CACHE_DIR, { recursive: true, force: true });
    await execa('restic', [...common, 'init'], { ...quiet, env: environment });
  };
  return {
    name: 'restic',
    prepare: async (round) => {
      if (kind === 'first') return fresh();
      if (round === 0) {
        await fresh();
        await backup();
      }
    },
    run: async () => {
      await backup();
    },
  };
}

export function borg(bench: Bench, kind: 'first' | 'again'): Contender {
  const repository = join(bench.directory, 'borg');
  const base = join(bench.directory, 'borg-base');
  const environment = {
    BORG_RSH: `ssh -F ${bench.sshConfig}`,
    BORG_BASE_DIR: base,
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
    BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes',
  };
  const address = `ssh://bench-host${repository}`;
  let archive = 0;
  const create = () =>
    execa('borg', ['create', '--compression', 'zstd,3', `${address}::a${archive++}`, bench.data], {
      ...quiet,
      env: environment,
    });
  const fresh = async () => {
    await rm(repository, { recursive: true, force: true });
    await rm(base, { recursive: true, force: true });
    await mkdir(base);
    await execa('borg', ['init', '--encryption', 'none', address], { ...quiet, env: environment });
  };
  return {
    name: 'borg (zstd,3, no encryption)',
    prepare: async (round) => {
      if (kind === 'first') return fresh();
      if (round === 0) {
        await fresh();
        await create();
      }
    },
    run: async () => {
      await create();
    },
  };
}

/** The same options that the mirror engine ends up with. */
export function rsync(bench: Bench, kind: 'first' | 'again'): Contender {
  const target = join(bench.directory, 'rsync-by-hand');
  const copy = () =>
    execa(
      'rsync',
      [
        '-aHAX',
        '--numeric-ids',
        '--modify-window=-1',
        '--delete-delay',
        '--stats',
        '-e',
        `ssh -F ${bench.sshConfig}`,
        `bench-host:${bench.data}/`,
        `${target}/`,
      ],
      quiet,
    );
  return {
    name: 'rsync by hand',
    prepare: async (round) => {
      if (kind === 'first') await rm(target, { recursive: true, force: true });
      else if (round === 0) await copy();
    },
    run: async () => {
      await copy();
    },
  };
}
