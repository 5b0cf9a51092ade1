import { join } from 'node:path';
import { bytesOf, textOf } from '../../core/entry.js';
import { hashIn } from '../../core/extent-report.js';
import { writeExtentScript } from '../../core/extent-restore-script.js';
import { HoldfastError } from '../../core/failures.js';
import { isCompressed, isEncrypted } from '../../core/manifest-keys.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { openObject, type StoredFile } from '../archive/open-object.js';
import { accessOf, type Repository } from '../archive/open-repository.js';
import { withStorage } from '../archive/with-storage.js';
import type { RestoreExtentsInput, RestoreExtentsResult } from '../contract.js';
import type { ExtentToWrite, LargeFile } from './large-files.js';
import { readExtentsPart, readLargeFiles } from './large-files.js';
import { readRecord } from './restore-spool.js';
import { marked } from './run-script.js';
import { assertTargetStep } from './target-failures.js';
import { targetRunner } from './target-machine.js';
import { pour, type UnpackPlace } from './unpack.js';
import { withVerifiedObject } from './verified-object.js';

/**
 * Writes a part's extents at their places; done again, it does the same. Each object is checked before anything of it is written, and its content
 * while it is. Throws ObjectMissing, ObjectDamaged, RestoreTargetFull, RestoreTargetInvalid.
 */
export async function restoreExtents(
  providers: Providers,
  control: ActivityControl,
  { plan, part, request }: RestoreExtentsInput,
): Promise<RestoreExtentsResult> {
  const record = await readRecord(plan.spool);
  const extents = await readExtentsPart(plan.spool, part);
  const files = await readLargeFiles(plan.spool);
  const place = { providers, runner: targetRunner(providers, record.targetHost), target: record.target };
  let bytesRead = 0;
  await withStorage(
    providers,
    record.source.destination,
    async (storage) => {
      for (const [at, extent] of extents.entries()) {
        const file = files[extent.file] as LargeFile;
        control.progress({ step: 'extents', part: part + 1, extent: at + 1, extents: extents.length });
        const { object } = extent.stored;
        const copy = join(plan.spool, `extent-${part}`);
        const expected = { key: extent.key, sha256: object.sha256, sizeBytes: object.sizeBytes };
        await withVerifiedObject(storage, expected, copy, control.signal, (verified) =>
          writeExtent(place, storage, control, { extent, file, verified }),
        );
        bytesRead += object.sizeBytes;
      }
    },
    accessOf(record.source.destination, request),
  );
  return { extents: extents.length, bytesRead };
}

interface ExtentWork {
  readonly extent: ExtentToWrite;
  readonly file: LargeFile;
  /** The object's bytes, checked, in a file of this machine. */
  readonly verified: StoredFile;
}

async function writeExtent(
  { providers, runner, target }: UnpackPlace,
  storage: Repository,
  control: ActivityControl,
  { extent, file, verified }: ExtentWork,
): Promise<void> {
  const { name } = extent.stored.object;
  const onThisMachine = runner === providers.localRunner;
  const direct = onThisMachine && !isEncrypted(name);
  const unpackThere = isCompressed(name) && (onThisMachine || target.tools.includes('zstd'));
  const what = `write ${textOf(file.path)} at ${extent.offsetBytes} in ${target.path}`;
  const running = runner.start({
    what,
    body: marked(writeExtentScript(extent.offsetBytes, { file: direct, compressed: unpackThere })),
    list: bytesOf(`${file.temporary}\0`),
    stdout: 'pipe',
    environment: { HOLDFAST_TARGET: target.path, ...(direct ? { HOLDFAST_OBJECT: verified.file } : {}) },
    signal: control.signal,
    ...(direct ? {} : { stdin: 'pipe' as const }),
  });
  const chunks: Buffer[] = [];
  running.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!direct) {
    const opened = openObject(storage.encryption, verified, { decompress: !unpackThere }, control.signal);
    try {
      await pour(opened.stdout, running);
      await opened.ended;
    } finally {
      opened.stop();
    }
  }
  const result = await running.finished;
  assertTargetStep(what, runner.machine, result);
  for (const stage of ['sum', 'copy', 'write', ...(unpackThere ? ['zstd'] : [])]) {
    if (result.stages[stage] === 0) continue;
    const how = `${stage} ended with status ${result.stages[stage] ?? 'unknown'}`;
    throw new HoldfastError('TransferInterrupted', `${runner.machine}: could not ${what}: ${how}`);
  }
  if (hashIn(Buffer.concat(chunks).toString('latin1').trimEnd()) === extent.stored.contentSha256) return;
  const message = `${extent.key} is damaged: its content is not the one recorded`;
  throw new HoldfastError('ObjectDamaged', `backup ${extent.stored.backupId}: ${message}`);
}
