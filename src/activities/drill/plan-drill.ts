import { mkdir, open, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import { encodeIndexLine } from '../../core/archive/index-codec.js';
import { machineTaskQueue } from '../../core/ids.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { PlanDrillInput, PlanDrillResult } from '../contract.js';
import { nulList } from '../restore/name-lists.js';
import { drawFiles, type DrawnFiles } from './draw-files.js';
import { DRILL_FILES, removeAbandoned, removeScratch, scratchName } from './drill-files.js';

const SPARE_BYTES = 64 * 1024 * 1024;

/** Draws the sample, checks that there is room for it, and makes the scratch directory with the lists that the next steps need. */
export async function planDrill(
  providers: Providers,
  control: ActivityControl,
  input: PlanDrillInput,
): Promise<PlanDrillResult> {
  const { run, scratchIn = providers.spoolDirectory } = input;
  await mkdir(scratchIn, { recursive: true, mode: 0o700 });
  await removeAbandoned(providers, control, scratchIn, run.runId);
  const scratch = join(scratchIn, scratchName(run.runId, control.attemptToken));
  await mkdir(scratch, { mode: 0o700 });
  try {
    const drawn = await writeSample(providers, control, input, scratch);
    await requireRoom(scratch, drawn);
    return {
      request: requestOf(providers, input, scratch, drawn),
      backupId: drawn.backupId,
      scratch,
      taskQueue: providers.machineTaskQueue,
      files: drawn.files,
      bytes: drawn.bytes,
    };
  } catch (error) {
    await removeScratch(providers, control, scratch);
    throw error;
  }
}

interface Written {
  readonly backupId: string;
  readonly files: number;
  readonly bytes: number;
  /** What else the restore needs room for. */
  readonly workBytes: number;
}

async function writeSample(
  providers: Providers,
  control: ActivityControl,
  input: PlanDrillInput,
  scratch: string,
): Promise<Written> {
  const file = await open(join(scratch, DRILL_FILES.sample), 'wx', 0o600);
  let files = 0;
  let bytes = 0;
  const names: string[] = [];
  const take: DrawnFiles = async (batch) => {
    control.progress({ files, bytes });
    const lines = batch.map(({ entry, doubtful }) =>
      encodeIndexLine({ deleted: false, entry, shard: 0, ...(doubtful ? { flaw: 'changed' as const } : {}) }),
    );
    if (lines.length > 0) await file.appendFile(Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
    files += batch.length;
    bytes += batch.reduce((sum, { entry }) => sum + spaceOf(entry), 0);
    if (input.sample !== 'all') names.push(...batch.map(({ entry }) => entry.path));
  };
  try {
    const { backupId, workBytes } = await drawFiles(providers, control, input, scratch, take);
    const of = `${input.host.name}/${input.source.name}`;
    if (files === 0) throw new HoldfastError('NothingToRestore', `backup ${backupId} of ${of} has no files to restore`);
    if (names.length > 0) await writeFile(join(scratch, DRILL_FILES.names), nulList(names), { mode: 0o600 });
    return { backupId, files, bytes, workBytes };
  } finally {
    await file.close();
  }
}

/** Holes stay holes. */
const spaceOf = ({ sizeBytes, blocks }: Entry): number => Math.min(sizeBytes, blocks * 512);

async function requireRoom(scratch: string, { bytes, files, workBytes }: Written): Promise<void> {
  const { bavail, bsize } = await statfs(scratch);
  const free = bavail * bsize;
  const needed = Math.ceil(bytes * 1.05) + files * 4096 + workBytes + SPARE_BYTES;
  if (free >= needed) return;
  const message = `${scratch} has ${free} bytes left, the drill needs ${needed}; draw a smaller sample or name another directory`;
  throw new HoldfastError('RestoreTargetFull', message);
}

function requestOf(
  providers: Providers,
  { configPath, host, source, sample, identity }: PlanDrillInput,
  scratch: string,
  { backupId }: Written,
): PlanDrillResult['request'] {
  const machine = providers.machineTaskQueue.slice(machineTaskQueue('').length);
  return {
    configPath,
    host: host.name,
    source: source.name,
    point: { backupId },
    include: [],
    ...(sample === 'all' ? {} : { namesFile: join(scratch, DRILL_FILES.names) }),
    target: { kind: 'local', path: join(scratch, DRILL_FILES.target), machine },
    overwrite: 'changed',
    delete: false,
    dryRun: false,
    unfinished: false,
    ...(identity === undefined ? {} : { identity }),
  };
}
