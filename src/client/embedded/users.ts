import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTicks } from '../processes.js';

/**
 * Who uses the embedded server: an empty file for each use, named after its process so that a file left behind by a killed one is
 * known as such and counts for nothing.
 */
export type Role =
  /** `holdfast up`: its worker stays, so others may rely on it. */
  | 'up'
  /** A command that leaves when its own work is done. */
  | 'command';

const NAME = /^(up|command)-(\d+)-(\d+)-\w+$/;

const directoryOf = (stateDir: string): string => join(stateDir, 'users');

/** Enters a use; the function returned ends it. */
export function enter(stateDir: string, role: Role): () => void {
  mkdirSync(directoryOf(stateDir), { recursive: true, mode: 0o700 });
  const name = `${role}-${process.pid}-${startTicks(process.pid) ?? ''}-${randomBytes(4).toString('hex')}`;
  const file = join(directoryOf(stateDir), name);
  writeFileSync(file, '');
  return () => rmSync(file, { force: true });
}

/** The uses whose processes are alive; removes what dead ones left. */
export function currentUses(stateDir: string): Role[] {
  return readdirSync(directoryOf(stateDir)).flatMap((name) => {
    const [, role, pid, begun] = NAME.exec(name) ?? [];
    if ((role === 'up' || role === 'command') && startTicks(Number(pid)) === begun) return [role];
    rmSync(join(directoryOf(stateDir), name), { force: true });
    return [];
  });
}
