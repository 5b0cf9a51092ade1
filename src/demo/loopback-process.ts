import { constants } from 'node:fs';
import { access, readFile, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HoldfastError } from '../core/failures.js';

/** A process by its id and start time, so that a re-used id is never mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

interface ProcessEntry extends ProcessIdentity {
  readonly parent: number;
  readonly zombie: boolean;
}

/** The program's path: from PATH, or from where servers' programs lie. Throws ToolMissing. */
export async function findProgram(name: string, debianPackage: string): Promise<string> {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  for (const directory of directories.filter((entry) => entry.startsWith('/'))) {
    const path = join(directory, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new HoldfastError(
    'ToolMissing',
    `${name} was not found on this machine (PATH and the sbin directories); Debian has it in ${debianPackage}`,
  );
}

/** The process and all below it, at this moment. */
export async function withDescendants(root: number): Promise<ProcessIdentity[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const entries = (await Promise.all(pids.map(readProcess))).filter((entry) => entry !== undefined);
  const found = entries.filter((entry) => entry.pid === root);
  for (const parent of found) found.push(...entries.filter((entry) => entry.parent === parent.pid));
  return found;
}

/** SIGTERM, and SIGKILL after two seconds; returns when the process is gone. */
export async function endProcess(identity: ProcessIdentity): Promise<void> {
  const killAtMs = Date.now() + 2_000;
  let signal: NodeJS.Signals | undefined = 'SIGTERM';
  while (await isRunning(identity)) {
    if (signal === undefined && Date.now() > killAtMs) signal = 'SIGKILL';
    if (signal !== undefined) sendSignal(identity.pid, signal);
    signal = undefined;
    await delay(20);
  }
}

async function isRunning({ pid, startTicks }: ProcessIdentity): Promise<boolean> {
  const entry = await readProcess(pid);
  return entry !== undefined && entry.startTicks === startTicks && !entry.zombie;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Fields of /proc/PID/stat, proc(5); the command's name may hold anything, so they count from its closing bracket. */
async function readProcess(pid: number): Promise<ProcessEntry | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid, zombie: fields[0] === 'Z', parent: Number(fields[1]), startTicks: fields[19] ?? '' };
}
