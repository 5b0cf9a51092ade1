import type { FileState } from '../../core/extents/report.js';
import type { StoredExtent } from '../../core/extents/map.js';
import type { ExtentRun } from '../../core/extents/layout.js';
import { extentsDonePrefix } from '../../core/archive/manifest-keys.js';
import type { TarVerdict } from '../../core/archive/tar-complaints.js';
import type { Repository } from './open-repository.js';
import { putPlanObject, readPlanObjectAt } from './plan-object.js';

/** Written when an extent has been sent: the next attempt at its batch need not send it again. */
export interface ExtentDone {
  readonly file: number;
  /** The file's state before it was read. */
  readonly state: FileState;
  readonly rawBytes: number;
  readonly stored: StoredExtent;
  /** What the storage said of the object's content when it was stored. */
  readonly fingerprint?: string;
}

/** What became of a run of extents. */
export interface RunDone extends ExtentRun {
  /** What is wrong with the file, if anything is. */
  readonly flaw?: { readonly verdict: TarVerdict; readonly message: string };
  /** Before its extents were read; undefined when there was nothing to look at. */
  readonly state?: FileState;
  /** Rising; those not listed are zeros. */
  readonly extents: readonly StoredExtent[];
  /** Of the extents that this backup stores. */
  readonly rawBytes: number;
}

/** Written when all extents of a batch are done. */
export interface BatchDone {
  readonly batch: number;
  readonly runs: readonly RunDone[];
}

const BATCH = 'batch-';

export async function writeExtentDone(
  storage: Repository,
  planPrefix: string,
  batch: number,
  done: ExtentDone,
  attemptToken: string,
): Promise<void> {
  const name = `extent-${done.file}-${done.stored.extent}-${attemptToken}.json`;
  await put(storage, planPrefix + extentsDonePrefix(batch) + name, done);
}

export async function writeBatchDone(
  storage: Repository,
  planPrefix: string,
  done: BatchDone,
  attemptToken: string,
): Promise<void> {
  await put(storage, `${planPrefix}${extentsDonePrefix(done.batch)}${BATCH}${attemptToken}.json`, done);
}

/** What earlier attempts at a batch left: its record when it is complete, else those of its extents. */
export async function readBatch(
  storage: Repository,
  planPrefix: string,
  batch: number,
): Promise<{ readonly whole?: BatchDone; readonly extents: readonly ExtentDone[] }> {
  const extents: ExtentDone[] = [];
  const prefix = planPrefix + extentsDonePrefix(batch);
  for await (const { key } of storage.listAll(prefix)) {
    if (key.startsWith(prefix + BATCH)) {
      const whole = await get<BatchDone>(storage, key);
      if (whole !== undefined) return { whole, extents: [] };
    }
    const done = await get<ExtentDone>(storage, key);
    if (done !== undefined) extents.push(done);
  }
  return { extents };
}

/** The complete batches by number; of several attempts' the first. */
export async function readBatches(storage: Repository, planPrefix: string): Promise<Map<number, BatchDone>> {
  const found = new Map<number, BatchDone>();
  for await (const { key } of storage.listAll(planPrefix + extentsDonePrefix())) {
    if (!key.includes(`/${BATCH}`)) continue;
    const done = await get<BatchDone>(storage, key);
    if (done !== undefined && !found.has(done.batch)) found.set(done.batch, done);
  }
  return found;
}

async function put(storage: Repository, key: string, record: ExtentDone | BatchDone): Promise<void> {
  await putPlanObject(storage, key, Buffer.from(JSON.stringify(record)));
}

async function get<Done>(storage: Repository, key: string): Promise<Done | undefined> {
  const bytes = await readPlanObjectAt(storage, key);
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as Done);
}
