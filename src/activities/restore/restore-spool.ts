import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntryFilters } from '../../core/filters/entry-filters.js';
import type { FilterRule } from '../../core/filters/rules.js';
import { HoldfastError } from '../../core/failures.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { RestoreReport, RunIdentity } from '../contract.js';
import type { TargetMachine } from './target-machine.js';

/** One shard that a restore unpacks from, with the lists of names in the spool. */
export interface RestorePart {
  readonly backupId: string;
  readonly shard: number;
  /** Object's key in the destination. */
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Names to unpack; '' when there are none. */
  readonly names: string;
  /** Pairs of a first name and a name to link it to; '' when there are none. */
  readonly links: string;
}

/** What the later steps need besides the lists; `plan.json` in the spool. */
export interface RestoreRecord {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  readonly targetHost?: HostPlan;
  readonly target: TargetMachine;
  readonly contents: readonly RestorePart[];
  readonly directories: readonly RestorePart[];
  /** Attributes of large files; absent: none are restored. */
  readonly skeletons?: readonly RestorePart[];
  /** Something will be written or removed: directories' times change, so their attributes have to be set again. */
  readonly changes: boolean;
  /** When each backup of the chain was scanned, in seconds by the host's clock. */
  readonly scannedAtSeconds: readonly number[];
  /** rsync patterns of what the backup leaves out: never removed from a target. */
  readonly exclude: readonly FilterRule[];
  /** The backup's other filters, when entries that it does not have are deleted. */
  readonly filters?: EntryFilters;
}

/** Lists in a spool directory. */
export const LISTS = {
  makeDirectories: 'make-directories',
  clearFiles: 'clear-files',
  clearDirectories: 'clear-directories',
  deleteFiles: 'delete-files',
  deleteDirectories: 'delete-directories',
  expected: 'expected.jsonl',
  complaints: 'complaints.jsonl',
  largeFiles: 'large-files.jsonl',
} as const;

const RECORD = 'plan.json';
const ABANDONED_MS = 7 * 24 * 60 * 60 * 1000;

/** A new private directory for this attempt; those that other attempts of the run left, and very old ones, are removed. */
export async function createSpool(providers: Providers, control: ActivityControl, run: RunIdentity): Promise<string> {
  const { spoolDirectory } = providers;
  await mkdir(spoolDirectory, { recursive: true, mode: 0o700 });
  const prefix = `restore-${run.runId.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 64)}`;
  for (const name of await readdir(spoolDirectory)) {
    if (!name.startsWith('restore-')) continue;
    const path = join(spoolDirectory, name);
    if (name.startsWith(`${prefix}-`) || (await isAbandoned(path))) await rm(path, { recursive: true, force: true });
  }
  const spool = join(spoolDirectory, `${prefix}-${control.attemptToken}`);
  await mkdir(spool, { mode: 0o700 });
  return spool;
}

async function isAbandoned(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > ABANDONED_MS;
}

export async function writeRecord(spool: string, record: RestoreRecord): Promise<void> {
  await writeFile(join(spool, RECORD), JSON.stringify(record), { mode: 0o600 });
}

/** Throws RestoreIncomplete when this machine no longer has the plan. */
export async function readRecord(spool: string): Promise<RestoreRecord> {
  try {
    return JSON.parse(await readFile(join(spool, RECORD), 'utf8')) as RestoreRecord;
  } catch (error) {
    const message = `the restore's plan in ${spool} cannot be read on this machine; start the restore again, it skips what is right`;
    throw new HoldfastError('RestoreIncomplete', message, {}, { cause: error });
  }
}

/** The report outlives the spool, so that a step repeated after its end says the same. */
export async function closeSpool(spool: string, report: RestoreReport): Promise<void> {
  await writeFile(`${spool}.report`, JSON.stringify(report), { mode: 0o600 });
  await removeSpool(spool);
}

export async function readReport(spool: string): Promise<RestoreReport | undefined> {
  try {
    return JSON.parse(await readFile(`${spool}.report`, 'utf8')) as RestoreReport;
  } catch {
    return undefined;
  }
}

export async function removeSpool(spool: string): Promise<void> {
  await rm(spool, { recursive: true, force: true });
}
