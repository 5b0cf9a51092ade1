import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { ReadPoint } from './open-mirror-point.js';
import type { TargetMachine } from './target-machine.js';

/** What the copy of a mirror needs; `mirror.json` in the spool. */
export interface MirrorRestoreRecord {
  readonly source: SourcePlan;
  readonly targetHost?: HostPlan;
  readonly target: TargetMachine;
  /** The directory that is read, absolute: the mirror or a snapshot of it. */
  readonly mirror: string;
  /** What it is said to hold; looked at again at the end. */
  readonly point: ReadPoint;
  readonly fakeSuper: boolean;
  /** A file of rsync's rules that keep what the mirror's filters left out from being deleted. */
  readonly protectFile?: string;
}

const RECORD = 'mirror.json';

export async function writeMirrorRecord(spool: string, record: MirrorRestoreRecord): Promise<void> {
  await writeFile(join(spool, RECORD), JSON.stringify(record), { mode: 0o600 });
}

/** Throws RestoreIncomplete when this machine no longer has the plan. */
export async function readMirrorRecord(spool: string): Promise<MirrorRestoreRecord> {
  try {
    return JSON.parse(await readFile(join(spool, RECORD), 'utf8')) as MirrorRestoreRecord;
  } catch (error) {
    const message = `the restore's plan in ${spool} cannot be read on this machine; start the restore again, it skips what is right`;
    throw new HoldfastError('RestoreIncomplete', message, {}, { cause: error });
  }
}
