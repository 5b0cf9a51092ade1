import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** unix(7) has room for 107 bytes; ssh makes the socket under a name that is 17 longer than its own, ours is a number. */
const MAX_PATH_BYTES = 107 - 17 - '/99999999'.length;

/**
 * Makes a private directory for sockets whose path is short and has nothing that ssh or rsync would expand or split. Undefined when this
 * machine has no place for one. Those that killed processes left beside it are removed.
 */
export function makeSocketDirectory(own: NodeJS.ProcessEnv = process.env): string | undefined {
  for (const parent of [own['XDG_RUNTIME_DIR'], tmpdir(), '/tmp']) {
    const prefix = join(parent ?? '', `holdfast-${namespace()}-${process.pid}-`);
    if (!/^\/[\w./-]+$/.test(prefix) || Buffer.byteLength(prefix) + RANDOM_PART > MAX_PATH_BYTES) continue;
    try {
      const directory = mkdtempSync(prefix);
      removeLeftovers(join(directory, '..'));
      return directory;
    } catch {
      // Missing, read-only or full: the next one may do.
    }
  }
  return undefined;
}

/** What mkdtemp adds. */
const RANDOM_PART = 6;
const NAME = /^holdfast-([0-9a-z]+)-(\d+)-[A-Za-z0-9]{6}$/;
const SOCKET = /^\d+(?:\.[A-Za-z0-9]+)?$/;

/** Removes the sockets in it, and it. What is no socket of ours stays, and so does the directory then. */
export function removeSocketDirectory(directory: string): void {
  try {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      if (SOCKET.test(name) && lstatSync(path).isSocket()) unlinkSync(path);
    }
    rmdirSync(directory);
  } catch {
    // Gone meanwhile, or not to be removed: it harms nobody.
  }
}

/**
 * Only directories of this user that nobody else can write to, of processes that are no more. A process id means something only in its own
 * namespace: containers may share the directory for temporary files.
 */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, space, pid] = NAME.exec(name) ?? [];
    if (space !== namespace() || pid === undefined || isAlive(Number(pid))) continue;
    const path = join(parent, name);
    if (isOwn(path)) removeSocketDirectory(path);
  }
}

function isOwn(path: string): boolean {
  try {
    // Not stat: a planted link must not lead to another directory.
    const status = lstatSync(path);
    return status.isDirectory() && status.uid === process.getuid?.() && (status.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** `pid:[4026531836]` → a short word. */
function namespace(): string {
  try {
    return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0).toString(36);
  } catch {
    return '0';
  }
}
