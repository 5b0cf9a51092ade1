import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { StoredExtent } from '../../core/extents/map.js';
import { HoldfastError } from '../../core/failures.js';
import { encryptedName, extentName } from '../../core/archive/manifest-keys.js';
import { zstdOptions } from '../../core/archive/tar-script.js';
import type { Seal } from '../../providers/encryption/encryption.js';
import type { LimitedStep } from '../../providers/throttle/traffic.js';
import type { ActivityControl } from '../activity-control.js';
import { CountingSink } from '../archive/counting-sink.js';
import type { Repository } from '../archive/open-repository.js';
import type { PackedBytes } from '../archive/pack-flow.js';
import { packFlow } from '../archive/pack-flow.js';
import { Stages } from '../archive/stages.js';
import type { WriteDumpInput } from '../contract.js';
import type { DumpContent } from './dump-content.js';
import type { DumpPlanRecord } from './dump-records.js';
import { placeOf } from './dump-session.js';

export interface DumpTarget {
  readonly input: WriteDumpInput;
  readonly record: DumpPlanRecord;
  readonly storage: Repository;
  /** The backup's prefix. */
  readonly backup: string;
  readonly seal?: Seal;
  readonly limits?: LimitedStep;
}

/** Stores the next extent's worth of a dump as an object of its own, hashed on its way. */
export async function storeExtent(
  content: DumpContent,
  extent: number,
  target: DumpTarget,
  control: ActivityControl,
  signal: AbortSignal,
): Promise<StoredExtent> {
  const { input, record, storage, backup, seal } = target;
  const { source, plan, dump } = input;
  const plain = extentName(dump, extent, control.attemptToken, record.compressOn !== 'none');
  const name = seal === undefined ? plain : encryptedName(plain);
  const what = `extent ${extent} of dump ${dump + 1} of ${source.name}`;
  const writer = await storage.createObject(backup + name, { signal, estimateBytes: record.extentSizeBytes });
  const differ = (reason: string): HoldfastError =>
    new HoldfastError('TransferInterrupted', `${what} was not written: ${reason}`, placeOf(input));
  try {
    const hash = createHash('sha256');
    const before = content.bytes;
    const flow = Readable.from(hashed(content.take(record.extentSizeBytes), hash), { objectMode: false });
    const packed = await pack(flow, target, what, new CountingSink(writer), signal);
    const rawBytes = content.bytes - before;
    const { compressed, contentBytes, storedBytes } = packed;
    const counts =
      record.compressOn === 'none' ? { bytesIn: contentBytes, bytesOut: contentBytes } : (compressed ?? undefined);
    if (counts?.bytesIn !== rawBytes || counts.bytesOut !== contentBytes) {
      throw differ(
        `${rawBytes} bytes came, zstd read ${counts?.bytesIn} and wrote ${counts?.bytesOut} of ${contentBytes}`,
      );
    }
    const { sizeBytes, sha256 } = await writer.commit();
    if (sizeBytes !== storedBytes) throw differ(`${storedBytes} bytes were sent, ${sizeBytes} are stored`);
    const object = { name, sha256, sizeBytes };
    return { extent, contentSha256: hash.digest('hex'), backupId: plan.backupId, object };
  } catch (error) {
    const cause = signal.aborted ? undefined : await writer.explainFailure();
    await writer.abort();
    throw cause ?? error;
  }
}

async function* hashed(pieces: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

async function pack(
  flow: Readable,
  { input, record, seal, limits }: DumpTarget,
  what: string,
  sink: CountingSink,
  outerSignal: AbortSignal,
): Promise<PackedBytes> {
  const stages = new Stages(outerSignal);
  const { compressionLevel, compressionLongLog } = input.source.archive;
  const packing = {
    // One dump at a time: it may have both threads.
    ...(record.compressOn === 'none' ? {} : { zstd: zstdOptions(compressionLevel, 1, compressionLongLog) }),
    ...(seal === undefined ? {} : { seal }),
    ...(limits?.destination === undefined ? {} : { limit: limits.destination }),
  };
  const packed = packFlow(flow, packing, sink, stages.signal, stages.watch);
  await stages.allEnded();
  return packed(what);
}
