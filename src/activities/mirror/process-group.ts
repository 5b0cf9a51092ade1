import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;
/** rsync keeps the part of a file that it has when it is asked to end; this is how long it may take. */
const GRACE_MS = 5_000;

/** Ends every process of a group and returns when none is left. Quick when the group is empty. */
export async function endProcessGroup(group: number, graceMs = GRACE_MS): Promise<void> {
  if (!signalGroup(group, 'SIGTERM')) return;
  const patience = Date.now() + graceMs;
  while ((await livingMembers(group)).length > 0) {
    if (Date.now() > patience) signalGroup(group, 'SIGKILL');
    await delay(POLL_MS);
  }
}

/** False when the group has no process. */
function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Zombies count as dead: who should reap them may never do so. */
async function livingMembers(group: number): Promise<number[]> {
  const stats = await Promise.all((await processIds()).map(async (pid) => ({ pid, stat: await readProcessStat(pid) })));
  return stats.filter(({ stat }) => stat?.group === group && stat.state !== 'Z').map(({ pid }) => pid);
}

/** Groups of the living processes whose environment holds `NAME=value`. */
export async function groupsMarked(name: string, value: string): Promise<number[]> {
  const mark = Buffer.from(`${name}=${value}\0`);
  const groups = await Promise.all(
    (await processIds()).map(async (pid) => {
      // Gone meanwhile, or of another user: then it is not ours.
      const environment = await readFile(`/proc/${pid}/environ`).catch(() => undefined);
      return environment?.includes(mark) === true ? (await readProcessStat(pid))?.group : undefined;
    }),
  );
  return [...new Set(groups.filter((group) => group !== undefined))];
}

async function processIds(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

interface ProcessStat {
  readonly state: string;
  readonly group: number;
}

/** Undefined when there is no such process. */
async function readProcessStat(pid: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field, the program's name, may hold anything; the others are numbers and a letter.
  const [state, , group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === undefined || group === undefined ? undefined : { state, group: Number(group) };
}
