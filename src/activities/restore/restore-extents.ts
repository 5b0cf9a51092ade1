import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import { isCompressed, isEncrypted } from '../../core/archive/manifest-keys.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { readObject } from '../archive/open-object.js';
import { accessOf, type Repository } from '../archive/open-repository.js';
import { withStorage } from '../archive/with-storage.js';
import type { RestoreExtentsInput, RestoreExtentsResult } from '../contract.js';
import type { ExtentToWrite, LargeFile } from './large-files.js';
import { readExtentsPart, readLargeFiles } from './large-files.js';
import { checkParts } from './restore-parts.js';
import { readRecord } from './restore-spool.js';
import { targetRunner } from './target-machine.js';
import { withVerifiedObject } from './verified-object.js';
import { writeExtents } from './write-extents.js';

/**
 * Writes a part's extents at their places; done again, it does the same. What was written is compared with the hashes of the file's map, and the
 * file gets its name only when all are right. Throws ObjectMissing, ObjectDamaged, RestoreTargetFull, RestoreTargetInvalid.
 */
export async function restoreExtents(
  providers: Providers,
  control: ActivityControl,
  { plan, part, request }: RestoreExtentsInput,
): Promise<RestoreExtentsResult> {
  const { source, target, targetHost } = await readRecord(plan.spool);
  const extents = await readExtentsPart(plan.spool, part);
  const files = await readLargeFiles(plan.spool);
  const runner = targetRunner(providers, targetHost);
  const onThisMachine = runner === providers.localRunner;
  const zstdThere = onThisMachine || target.tools.includes('zstd');
  const place = { runner, target, zstdThere };
  const { signal } = control;
  const isPlain = ({ key }: ExtentToWrite): boolean => !isEncrypted(key) && (zstdThere || !isCompressed(key));
  const work = async (storage: Repository): Promise<void> => {
    // A limit holds for what this process reads.
    const unlimited = source.destination.bandwidthLimitBytesPerSecond === undefined;
    const pathOf = onThisMachine && unlimited ? storage.filePath?.bind(storage) : undefined;
    await checkParts(storage, extents.map(expectedOf));
    let before = 0;
    for (const run of runsOf(extents, isPlain)) {
      const [first] = run;
      const write = (how: Pick<Parameters<typeof writeExtents>[1], 'from' | 'bytes'>): Promise<void> =>
        writeExtents(place, { file: files[first.file] as LargeFile, extents: run, ...how }, signal, (written) =>
          control.progress({ step: 'extents', part: part + 1, extent: before + written, extents: extents.length }),
        );
      if (!isPlain(first)) {
        const copy = join(plan.spool, `extent-${part}`);
        await withVerifiedObject(storage, expectedOf(first), copy, signal, (object) => {
          const bytes = readObject(storage.encryption, object, { decompress: !zstdThere }, signal);
          return write({ from: () => ({ inputBytes: 'rest' }), bytes });
        });
      } else if (pathOf !== undefined) await write({ from: ({ key }) => ({ file: pathOf(key) }) });
      else {
        const bytes = readObjects(storage, run, signal);
        await write({ from: ({ stored }) => ({ inputBytes: stored.object.sizeBytes }), bytes });
      }
      before += run.length;
    }
  };
  await withStorage(providers, source.destination, work, accessOf(source.destination, request));
  return { extents: extents.length, bytesRead: extents.reduce((sum, { stored }) => sum + stored.object.sizeBytes, 0) };
}

const expectedOf = ({ key, stored: { backupId, object } }: ExtentToWrite) => ({
  key,
  backupId,
  sha256: object.sha256,
  sizeBytes: object.sizeBytes,
});

type Run = readonly [ExtentToWrite, ...ExtentToWrite[]];

/** Cuts extents into runs of one file for a session each. Where one ends is known only of those that are sent as they are stored; others go alone. */
function runsOf(extents: readonly ExtentToWrite[], isPlain: (extent: ExtentToWrite) => boolean): Run[] {
  const runs: [ExtentToWrite, ...ExtentToWrite[]][] = [];
  for (const extent of extents) {
    const run = runs.at(-1);
    if (run !== undefined && run[0].file === extent.file && isPlain(run[0]) && isPlain(extent)) run.push(extent);
    else runs.push([extent]);
  }
  return runs;
}

/** Objects one after the other, as they are stored; each must have its size, or the next would begin at a wrong place. */
async function* readObjects(
  storage: Repository,
  extents: readonly ExtentToWrite[],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (const { key, stored } of extents) {
    let sizeBytes = 0;
    for await (const chunk of (await storage.read(key, signal)) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.byteLength;
      yield chunk;
    }
    if (sizeBytes === stored.object.sizeBytes) continue;
    const message = `${key} is damaged: it has not its ${stored.object.sizeBytes} bytes`;
    throw new HoldfastError('ObjectDamaged', `backup ${stored.backupId}: ${message}`);
  }
}
