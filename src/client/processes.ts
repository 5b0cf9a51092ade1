import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What Linux says of processes, from /proc. All of it is about processes of the same user. */

/** When a process began, in ticks since boot: with its id, a name that is never used twice. Undefined when there is no such process. */
export function startTicks(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  // The second field, the command, is in parentheses and may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

/** The arguments of a process; undefined when there is no such process, or it has ended. */
export function argumentsOf(pid: number): string[] | undefined {
  const text = readProc(`/proc/${pid}/cmdline`);
  return text ? text.split('\0').slice(0, -1) : undefined;
}

export function allProcesses(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Does this very process (not another one that had the port first) listen on 127.0.0.1:port? */
export function listensOn(pid: number, port: number): boolean {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const LISTEN = '0A';
  const inodes = new Set(
    (readProc('/proc/net/tcp') ?? '')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1] === address && fields[3] === LISTEN)
      .map((fields) => `socket:[${fields[9]}]`),
  );
  return inodes.size > 0 && openFilesOf(pid).some((target) => inodes.has(target));
}

/** Asks a process to end, and makes it after `limitMs`. Returns when it is gone. */
export async function endProcess(pid: number, limitMs: number): Promise<void> {
  const begun = startTicks(pid);
  if (begun === undefined) return;
  signal(pid, 'SIGTERM');
  const deadline = Date.now() + limitMs;
  while (startTicks(pid) === begun) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await delay(20);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

function openFilesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return []; // Closed meanwhile.
      }
    });
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES')) return [];
    throw error;
  }
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH') || hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
}

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
