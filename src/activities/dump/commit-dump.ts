import { comparePaths } from '../../core/entries/entry.js';
import type { Entry, IndexLine } from '../../core/entries/entry.js';
import type { ExtentFile } from '../../core/extents/layout.js';
import { extentCount } from '../../core/extents/layout.js';
import { HoldfastError } from '../../core/failures.js';
import { backupPrefix, manifestKey, PLAN_ENTRIES, planPrefix } from '../../core/archive/manifest-keys.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { commitArchive } from '../archive/commit-archive.js';
import { storeExtentPlan } from '../archive/extent-plan.js';
import { writeBatchDone } from '../archive/extent-record.js';
import { indexText } from '../archive/final-index.js';
import { storeCompressed } from '../archive/object-text.js';
import type { Repository } from '../archive/open-repository.js';
import { writePlanRecord } from '../archive/plan-record.js';
import { writeRunMark } from '../archive/run-mark.js';
import { storeMembers } from '../archive/shard-members.js';
import { withSpool } from '../archive/spool.js';
import { withStorage } from '../archive/with-storage.js';
import { writeShard } from '../archive/write-shard.js';
import type { ArchivePlan, CommitDumpInput, CommitDumpResult } from '../contract.js';
import type { DumpDone, DumpPlanRecord } from './dump-records.js';
import { readDumpPlan, readDumpsDone } from './dump-records.js';
import { placeOf } from './dump-session.js';
import { dumpOptions } from './plan-dump.js';
import type { StandIns } from './stand-ins.js';
import { makeStandIns } from './stand-ins.js';

const SKELETONS = 0;
const DIRECTORIES = 1;

/**
 * Makes a backup of the stored dumps. To the archive they are large files of which everything is stored but the attributes: a plan is written that says
 * so, and the archive's own commit does the rest. Safe to repeat. Throws ObjectMissing when a dump is not stored, and what `commitArchive` throws.
 */
export async function commitDump(
  providers: Providers,
  control: ActivityControl,
  input: CommitDumpInput,
): Promise<CommitDumpResult> {
  const { host, source, plan } = input;
  const whole = await withStorage(providers, source.destination, async (storage) => {
    // Committed by an attempt that nobody heard of: what it was made of is gone, the commit says whose it is.
    if ((await storage.size(manifestKey(host.name, source.name, plan.backupId))) !== undefined) return undefined;
    const record = await readDumpPlan(storage, plan.planPrefix);
    const done = await allDone(storage, input, record);
    return withSpool(providers, async (directory) => {
      const standIns = await makeStandIns(directory, record.tasks, done);
      return writeWholePlan(providers, control, input, storage, { record, done, standIns });
    });
  });
  const result = await commitArchive(providers, control, { ...input, plan: whole ?? plan });
  return { ...result, entries: plan.counts.entries, sourceBytes: whole?.sourceBytes ?? 0 };
}

async function allDone(storage: Repository, input: CommitDumpInput, record: DumpPlanRecord): Promise<DumpDone[]> {
  const { host, source, plan } = input;
  const done = await readDumpsDone(storage, backupPrefix(host.name, source.name, plan.backupId), plan.planPrefix);
  return record.tasks.map(({ number, fileName }) => {
    const one = done.get(number);
    if (one !== undefined) return one;
    throw new HoldfastError(
      'ObjectMissing',
      `the dump of ${fileName} is not stored in ${storage.location}`,
      placeOf(input),
    );
  });
}

interface Dumped {
  readonly record: DumpPlanRecord;
  readonly done: readonly DumpDone[];
  readonly standIns: StandIns;
}

/** Each attempt writes a plan of its own beside the one that the dumps were made by. */
async function writeWholePlan(
  providers: Providers,
  control: ActivityControl,
  input: CommitDumpInput,
  storage: Repository,
  { record, done, standIns }: Dumped,
): Promise<ArchivePlan> {
  const { host, source, run } = input;
  const { entries } = standIns;
  const prefix = planPrefix(backupPrefix(host.name, source.name, input.plan.backupId), control.attemptToken);
  const plan: ArchivePlan = {
    ...input.plan,
    planPrefix: prefix,
    shards: 2,
    extentBatches: done.length,
    sourceBytes: done.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    tarVersion: standIns.tarVersion,
    compressOn: input.plan.compressOn === 'none' ? 'none' : 'host',
  };
  await writeRunMark(storage, prefix, run);
  const lines = entries.map(
    (entry, at): IndexLine => ({ deleted: false, entry, ...(at === 0 ? {} : { large: at - 1 }) }),
  );
  lines.sort((a, b) => comparePaths(pathIn(a), pathIn(b)));
  await storeCompressed(storage, prefix, PLAN_ENTRIES, once(indexText(lines)), control.signal);
  await writePlanRecord(storage, prefix, {
    newest: record.newest,
    options: dumpOptions(input),
    draftLines: lines.length,
    directoriesShard: DIRECTORIES,
    skeletonsShard: SKELETONS,
    scanFlaws: { count: 0, first: [] },
  });
  const files = done.map((one) => extentFile(entries[one.number + 1] as Entry, one.number, record));
  const runs = done.map(({ number, sizeBytes }) => ({
    ...{ file: number, from: 0, to: extentCount(sizeBytes, record.extentSizeBytes) },
  }));
  await storeExtentPlan(storage, prefix, { files, batches: runs.map((one) => [one]) });
  for (const [number, one] of done.entries()) {
    const whole = { ...(runs[number] as (typeof runs)[number]), extents: one.extents, rawBytes: one.sizeBytes };
    await writeBatchDone(storage, prefix, { batch: number, runs: [whole] }, control.attemptToken);
  }

  // The archive's own step stores the attributes, of files of this machine.
  const here: Providers = { ...providers, runnerFor: () => providers.localRunner };
  const stood = { host, source: { ...source, path: standIns.directory }, plan, run };
  const names = entries.map(({ path }) => path);
  const shards = [
    { number: SKELETONS, kind: 'skeletons', names: names.slice(1), rawBytes: 0 },
    { number: DIRECTORIES, kind: 'directories', names: names.slice(0, 1), rawBytes: 0 },
  ] as const;
  for (const shard of shards) {
    await storeMembers(storage, prefix, shard);
    await writeShard(here, control, { ...stood, shard: shard.number });
  }
  return plan;
}

const pathIn = (line: IndexLine): string => (line.deleted ? line.path : line.entry.path);

const extentFile = (entry: Entry, number: number, { extentSizeBytes }: DumpPlanRecord): ExtentFile => {
  const { path, sizeBytes, blocks, mtime, ctime, inode } = entry;
  return { number, path, sizeBytes, blocks, mtime, ctime, inode, extentSizeBytes };
};

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
