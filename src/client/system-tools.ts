import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Purpose = 'worker' | 'encryption' | 'demo' | 'tests';

/** A program, what it is wanted for, and the package that has it: for apt, dnf, apk, pacman. */
interface Tool {
  readonly name: string;
  readonly purposes: readonly Purpose[];
  readonly packages: readonly [apt: string, dnf: string, apk: string, pacman: string];
}

const ALL: readonly Purpose[] = ['worker', 'demo', 'tests'];
const LOCAL_HOSTS: readonly Purpose[] = ['demo', 'tests'];
const ENCRYPTION: readonly Purpose[] = ['encryption', 'tests'];
const TESTS: readonly Purpose[] = ['tests'];

const TOOLS: readonly Tool[] = [
  { name: 'ssh', purposes: ALL, packages: ['openssh-client', 'openssh-clients', 'openssh-client', 'openssh'] },
  { name: 'rsync', purposes: ALL, packages: ['rsync', 'rsync', 'rsync', 'rsync'] },
  { name: 'tar', purposes: ALL, packages: ['tar', 'tar', 'tar', 'tar'] },
  { name: 'zstd', purposes: ALL, packages: ['zstd', 'zstd', 'zstd', 'zstd'] },
  { name: 'find', purposes: ALL, packages: ['findutils', 'findutils', 'findutils', 'findutils'] },
  { name: 'setsid', purposes: ALL, packages: ['util-linux', 'util-linux', 'setsid', 'util-linux'] },
  { name: 'flock', purposes: ALL, packages: ['util-linux', 'util-linux', 'flock', 'util-linux'] },
  { name: 'sshd', purposes: LOCAL_HOSTS, packages: ['openssh-server', 'openssh-server', 'openssh-server', 'openssh'] },
  { name: 'ssh-keygen', purposes: LOCAL_HOSTS, packages: ['openssh-client', 'openssh', 'openssh-keygen', 'openssh'] },
  { name: 'age', purposes: ENCRYPTION, packages: ['age', 'age', 'age', 'age'] },
  { name: 'age-keygen', purposes: ENCRYPTION, packages: ['age', 'age', 'age', 'age'] },
  { name: 'getfattr', purposes: TESTS, packages: ['attr', 'attr', 'attr', 'attr'] },
  { name: 'setfattr', purposes: TESTS, packages: ['attr', 'attr', 'attr', 'attr'] },
  { name: 'mkfs.btrfs', purposes: TESTS, packages: ['btrfs-progs', 'btrfs-progs', 'btrfs-progs', 'btrfs-progs'] },
  { name: 'mkfs.xfs', purposes: TESTS, packages: ['xfsprogs', 'xfsprogs', 'xfsprogs', 'xfsprogs'] },
  { name: 'mkfs.ext4', purposes: TESTS, packages: ['e2fsprogs', 'e2fsprogs', 'e2fsprogs', 'e2fsprogs'] },
  { name: 'sudo', purposes: TESTS, packages: ['sudo', 'sudo', 'sudo', 'sudo'] },
  { name: 'setfacl', purposes: TESTS, packages: ['acl', 'acl', 'acl', 'acl'] },
  { name: 'ping', purposes: TESTS, packages: ['iputils-ping', 'iputils', 'iputils', 'iputils'] },
  // Debian keeps the server's own programs off the PATH; this one comes with them.
  { name: 'pg_lsclusters', purposes: TESTS, packages: ['postgresql', 'postgresql', 'postgresql', 'postgresql'] },
  { name: 'mariadbd', purposes: TESTS, packages: ['mariadb-server-core', 'mariadb-server', 'mariadb', 'mariadb'] },
  {
    name: 'mariadb-install-db',
    purposes: TESTS,
    packages: ['mariadb-server-core', 'mariadb-server', 'mariadb', 'mariadb'],
  },
  {
    name: 'mariadb-dump',
    purposes: TESTS,
    packages: ['mariadb-client', 'mariadb', 'mariadb-client', 'mariadb-clients'],
  },
  { name: 'redis-server', purposes: TESTS, packages: ['redis-server', 'redis', 'redis', 'redis'] },
  { name: 'redis-cli', purposes: TESTS, packages: ['redis-tools', 'redis', 'redis', 'redis'] },
  { name: 'sqlite3', purposes: TESTS, packages: ['sqlite3', 'sqlite', 'sqlite', 'sqlite'] },
  { name: 'restic', purposes: TESTS, packages: ['restic', 'restic', 'restic', 'restic'] },
  { name: 'influxd', purposes: TESTS, packages: ['influxdb', 'influxdb', 'influxdb', 'influxdb'] },
  { name: 'prometheus', purposes: TESTS, packages: ['prometheus', 'prometheus', 'prometheus', 'prometheus'] },
  { name: 'promtool', purposes: TESTS, packages: ['prometheus', 'prometheus', 'prometheus', 'prometheus'] },
  { name: 'chromium', purposes: TESTS, packages: ['chromium', 'chromium', 'chromium', 'chromium'] },
  { name: 'openssl', purposes: TESTS, packages: ['openssl', 'openssl', 'openssl', 'openssl'] },
  // InfluxDB 2 is built for the tests (scripts/build-influxdb2.sh).
  { name: 'cc', purposes: TESTS, packages: ['build-essential', 'gcc', 'build-base', 'gcc'] },
  { name: 'pkg-config', purposes: TESTS, packages: ['pkg-config', 'pkgconf-pkg-config', 'pkgconf', 'pkgconf'] },
];

const INSTALLERS = ['apt-get install -y', 'dnf install -y', 'apk add', 'pacman -S --needed'] as const;

export interface MissingTools {
  readonly tools: readonly string[];
  readonly packages: readonly string[];
  /** The line that installs them here; undefined when no known package manager is there. */
  readonly install?: string;
}

/** The programs that are not there for a purpose, or undefined when all are. */
export async function missingTools(purpose: Purpose): Promise<MissingTools | undefined> {
  const wanted = TOOLS.filter((tool) => tool.purposes.includes(purpose));
  const missing = wanted.filter((tool) => !isOnPath(tool.name));
  const tar = wanted.find((tool) => tool.name === 'tar');
  if (tar && !missing.includes(tar) && !(await isGnuTar())) missing.push(tar);
  if (missing.length === 0) return undefined;
  const manager = INSTALLERS.findIndex((line) => isOnPath(line.split(' ')[0] ?? ''));
  const packages = [...new Set(missing.map((tool) => tool.packages[Math.max(manager, 0)] ?? tool.name))];
  const install =
    manager < 0
      ? {}
      : { install: `${process.getuid?.() === 0 ? '' : 'sudo '}${INSTALLERS[manager]} ${packages.join(' ')}` };
  return { tools: missing.map((tool) => (tool.name === 'tar' ? 'tar (GNU)' : tool.name)), packages, ...install };
}

/** One message for all that is missing. */
export const missingToolsMessage = ({ tools, packages, install }: MissingTools): string =>
  `These programs are needed and not on PATH: ${tools.join(', ')}. ${install === undefined ? `Install the packages ${packages.join(', ')}.` : `Install them with:\n  ${install}`}`;

/** Looks where a login shell and sshd's own package put programs; users' PATHs often lack sbin. */
function isOnPath(name: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}

async function isGnuTar(): Promise<boolean> {
  const { stdout } = await run('tar', ['--version']);
  return stdout.includes('GNU tar');
}
