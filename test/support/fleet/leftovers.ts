import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, withDescendants } from '../../../src/demo/loopback-process.js';
import { commandLines } from '../ssh-clients.js';
import { system } from './system.js';

/*
 * All that a fleet makes bears its process's id: a fleet whose process was killed is found by that, and removed when the next one starts.
 */

const DIRECTORY = 'holdfast-fleet-';
let made = 0;

/** `hf<pid><letter>`: short enough for names of interfaces, with the host's number after it. */
export const newFleetName = (): string => `hf${process.pid}${String.fromCharCode(97 + (made++ % 26))}`;
export const directoryPrefixOf = (name: string): string => join(tmpdir(), `${DIRECTORY}${name}-`);

export async function removeLeftovers(): Promise<void> {
  if (process.getuid?.() === 0) {
    // The kernel removes a namespace's cables some time after it: so they go first.
    for (const cable of await linksOfDead('veth')) await system('ip', ['link', 'delete', cable]);
    const namespaces = namesIn(await system('ip', ['netns', 'list'])).filter(isOfDead);
    for (const namespace of namespaces) await removeNamespace(namespace);
    for (const bridge of await linksOfDead('bridge')) await system('ip', ['link', 'delete', bridge]);
  }
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(DIRECTORY));
  for (const name of names.filter((one) => isOfDead(one.slice(DIRECTORY.length)))) {
    const directory = join(tmpdir(), name);
    // Other people's leftovers are theirs.
    if ((await stat(directory)).uid === process.getuid?.()) await removeDirectory(directory);
  }
}

async function linksOfDead(type: 'veth' | 'bridge'): Promise<string[]> {
  return namesIn(await system('ip', ['-brief', 'link', 'show', 'type', type])).filter(isOfDead);
}

/** With all that still runs there. */
export async function removeNamespace(namespace: string): Promise<void> {
  await killAllIn(namespace);
  await system('ip', ['netns', 'delete', namespace]);
}

export async function killAllIn(namespace: string): Promise<void> {
  for (let pids = await pidsIn(namespace); pids.length > 0; pids = await pidsIn(namespace)) {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }
}

export async function pidsIn(namespace: string): Promise<number[]> {
  return (await system('ip', ['netns', 'pids', namespace])).split('\n').filter(Boolean).map(Number);
}

/** With the sshds that were started with a configuration there, and the file systems that are mounted there. */
export async function removeDirectory(directory: string): Promise<void> {
  for (const [pid, line] of await commandLines()) {
    if (!line.includes(`${directory}/`) || !line.includes('sshd')) continue;
    for (const one of await withDescendants(pid)) await endProcess(one);
  }
  for (const mount of await mountsBelow(directory)) await system('umount', ['--lazy', mount]);
  await rm(directory, { recursive: true, force: true });
}

/** mountinfo of proc(5); our own directories have no characters that it would escape. */
async function mountsBelow(directory: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.map((line) => line.split(' ')[4] ?? '').filter((mount) => mount.startsWith(`${directory}/`));
}

const namesIn = (text: string): string[] =>
  text
    .split('\n')
    // `name@if2` is a cable whose other end lies in another namespace.
    .map((line) => line.split(/[\s@]/)[0] ?? '')
    .filter((name) => name !== '');

function isOfDead(name: string): boolean {
  const pid = Number(/^hf(\d+)[a-z]/.exec(name)?.[1] ?? process.pid);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
