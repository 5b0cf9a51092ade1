import type { DumpTask } from '../../core/dump/dump.js';
import type { StoredExtent } from '../../core/extents/map.js';
import { HoldfastError } from '../../core/failures.js';
import type { CompressOn } from '../../core/archive/tar-script.js';
import type { Repository } from '../archive/open-repository.js';
import { putPlanObject, readPlanObject, readPlanObjectAt } from '../archive/plan-object.js';

/** What is to be dumped, and how: `dumps.json` of a plan. */
export interface DumpPlanRecord {
  /** The source's newest backup when this was planned. */
  readonly newest: string | null;
  readonly tasks: readonly DumpTask[];
  readonly extentSizeBytes: number;
  /** `host`: there is a zstd that is fit for it, for the way here; `none`: nothing is compressed. */
  readonly compressOn: CompressOn;
}

/** Written when a dump is stored and known to be whole. */
export interface DumpDone {
  readonly number: number;
  readonly sizeBytes: number;
  /** When the program was started; `seconds.nanoseconds`. */
  readonly mtime: string;
  readonly extents: readonly StoredExtent[];
  readonly remarks: readonly string[];
}

const PLAN_DUMPS = 'dumps.json';
const DONE_PREFIX = 'dumps-done/';
const donePrefix = (number: number): string => `${DONE_PREFIX}${String(number).padStart(5, '0')}/`;

export async function writeDumpPlan(storage: Repository, planPrefix: string, record: DumpPlanRecord): Promise<void> {
  await putPlanObject(storage, planPrefix + PLAN_DUMPS, Buffer.from(JSON.stringify(record)));
}

/** Throws ObjectMissing when the plan is gone. */
export async function readDumpPlan(storage: Repository, planPrefix: string): Promise<DumpPlanRecord> {
  const bytes = await readPlanObject(storage, planPrefix + PLAN_DUMPS);
  if (bytes !== undefined) return JSON.parse(bytes.toString('utf8')) as DumpPlanRecord;
  throw new HoldfastError('ObjectMissing', `the plan ${planPrefix} is no longer in ${storage.location}`);
}

export async function writeDumpDone(
  storage: Repository,
  planPrefix: string,
  done: DumpDone,
  attemptToken: string,
): Promise<void> {
  const key = `${planPrefix}${donePrefix(done.number)}${attemptToken}.json`;
  await putPlanObject(storage, key, Buffer.from(JSON.stringify(done)));
}

/** Records of dumps whose objects are all there with their sizes, by number; of several attempts' the first. */
export async function readDumpsDone(
  storage: Repository,
  backup: string,
  planPrefix: string,
  number?: number,
): Promise<Map<number, DumpDone>> {
  const found = new Map<number, DumpDone>();
  let sizes: ReadonlyMap<string, number> | undefined;
  const prefix = planPrefix + (number === undefined ? DONE_PREFIX : donePrefix(number));
  for await (const { key } of storage.listAll(prefix)) {
    const bytes = await readPlanObjectAt(storage, key);
    if (bytes === undefined) continue;
    const done = JSON.parse(bytes.toString('utf8')) as DumpDone;
    sizes ??= await sizesBelow(storage, `${backup}extents/`);
    const isThere = done.extents.every(({ object }) => sizes?.get(backup + object.name) === object.sizeBytes);
    if (isThere && !found.has(done.number)) found.set(done.number, done);
  }
  return found;
}

async function sizesBelow(storage: Repository, prefix: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, sizeBytes } of storage.listAll(prefix)) sizes.set(key, sizeBytes);
  return sizes;
}
