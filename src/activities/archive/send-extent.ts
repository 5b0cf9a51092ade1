import { textOf } from '../../core/entries/entry.js';
import { extentRange } from '../../core/extents/layout.js';
import { ExtentReport } from '../../core/extents/report.js';
import { sendRangeScript } from '../../core/extents/script.js';
import { HoldfastError } from '../../core/failures.js';
import type { StoredObject } from '../../core/archive/manifest.js';
import { encryptedName, extentName } from '../../core/archive/manifest-keys.js';
import { readPathOf } from '../../core/plan.js';
import { saidLine } from '../../core/scan/script.js';
import { StoreTypes } from '../../core/archive/store-types.js';
import { type CompressOn, zstdOptions } from '../../core/archive/tar-script.js';
import type { Seal } from '../../providers/encryption/encryption.js';
import type { LimitedStep } from '../../providers/throttle/traffic.js';
import type { ObjectWriter } from '../../providers/storage/object-storage.js';
import type { ActivityControl } from '../activity-control.js';
import type { FileFlaw } from './file-flaw.js';
import { readFlaw } from './file-flaw.js';
import type { Repository } from './open-repository.js';
import type { ExtentFileOnHost } from './read-extent-file.js';
import { assertEnded, listOf, placeOf } from './read-extent-file.js';
import type { TransferEvidence } from './transfer-to-object.js';
import { transferToObject } from './transfer-to-object.js';
import { zerosSha256 } from './zeros.js';

export interface ExtentTarget {
  readonly storage: Repository;
  /** The backup's prefix. */
  readonly backup: string;
  readonly compressOn: CompressOn;
  readonly seal?: Seal;
  readonly limits?: LimitedStep;
}

export interface SentExtent {
  readonly contentSha256: string;
  /** Bytes that were read; fewer than the extent has when the file has shrunk. */
  readonly rawBytes: number;
  /** Undefined: zeros, which are not stored. */
  readonly object?: StoredObject;
}

/** Sends one extent into an object of its own, which appears only when the way it came is known to be sound; or tells why the file cannot be read. */
export async function sendExtent(
  on: ExtentFileOnHost,
  extent: number,
  target: ExtentTarget,
  control: ActivityControl,
): Promise<SentExtent | FileFlaw> {
  const { storage, backup, seal } = target;
  const compressOn = isStored(on) ? 'none' : target.compressOn;
  const plain = extentName(on.file.number, extent, control.attemptToken, compressOn !== 'none');
  const name = seal === undefined ? plain : encryptedName(plain);
  const { lengthBytes } = extentRange(on.file, extent);
  const writer = await storage.createObject(backup + name, { signal: control.signal, estimateBytes: lengthBytes });
  try {
    const report = new ExtentReport();
    const evidence = await transfer(on, extent, { ...target, compressOn }, report, writer, control.signal);
    const [readError] = report.readErrors;
    if (readError !== undefined) {
      await writer.abort();
      return readFlaw(readError);
    }
    const sent = judge(on, extent, compressOn, report, evidence);
    if (sent.contentSha256 === zerosSha256(sent.rawBytes)) {
      await writer.abort();
      return sent;
    }
    const { sizeBytes, sha256 } = await writer.commit();
    if (sizeBytes === evidence.storedBytes) return { ...sent, object: { name, sha256, sizeBytes } };
    throw interrupted(on, extent, `${evidence.storedBytes} bytes were sent, ${sizeBytes} are stored`);
  } catch (error) {
    const cause = control.signal.aborted ? undefined : await writer.explainFailure();
    await writer.abort();
    throw cause ?? error;
  }
}

function transfer(
  on: ExtentFileOnHost,
  extent: number,
  { compressOn, seal, limits }: ExtentTarget,
  report: ExtentReport,
  writer: ObjectWriter,
  signal: AbortSignal,
): Promise<TransferEvidence> {
  const { source, file, runner } = on;
  const { compressionLevel, compressionLongLog, parallelShards } = source.archive;
  const zstd = zstdOptions(compressionLevel, parallelShards, compressionLongLog);
  const onHost = compressOn === 'host';
  return transferToObject(
    {
      runner,
      job: {
        what: `send extent ${extent} of ${textOf(file.path)} in ${source.path}`,
        body: sendRangeScript(readPathOf(source), extentRange(file, extent), onHost ? zstd : undefined),
        list: listOf(file),
        timeoutMs: source.timeoutMs,
        onStderrLine: (line) => {
          const said = saidLine(line);
          if (said !== undefined) report.take(said);
        },
      },
      ...(compressOn === 'worker' ? { zstd } : {}),
      ...(seal === undefined ? {} : { seal }),
      ...(limits === undefined ? {} : { limits }),
    },
    writer,
    signal,
  );
}

/** Throws unless every stage ended well and all counts agree. */
function judge(
  on: ExtentFileOnHost,
  extent: number,
  compressOn: CompressOn,
  report: ExtentReport,
  { result, compressed: here, contentBytes }: TransferEvidence,
): SentExtent {
  const { contentSha256, unknown } = report;
  assertEnded(on, result, ['read', 'copy', 'sum', ...(compressOn === 'host' ? ['zstd'] : []), 'report']);
  if (unknown.length > 0) {
    throw new HoldfastError(
      'RemoteCommandFailed',
      `${what(on, extent)}: ${unknown.map(textOf).join(' | ')}`,
      placeOf(on),
    );
  }
  const compressed = compressOn === 'host' ? report.compressed : here;
  if (contentSha256 === undefined) throw interrupted(on, extent, 'sha256sum did not say its sum');
  if (compressOn === 'none') return { contentSha256, rawBytes: contentBytes };
  // zstd has no counts for nothing.
  if (contentSha256 === zerosSha256(0)) return { contentSha256, rawBytes: 0 };
  if (compressed === undefined || compressed.bytesOut !== contentBytes) {
    throw interrupted(on, extent, `zstd wrote ${compressed?.bytesOut} bytes, ${contentBytes} arrived`);
  }
  return { contentSha256, rawBytes: compressed.bytesIn };
}

/** Whether the file is one that is not worth compressing. */
const isStored = ({ source, file }: ExtentFileOnHost): boolean =>
  new StoreTypes(source.archive.storeTypes).has(file.path);

const what = ({ file }: ExtentFileOnHost, extent: number): string =>
  `extent ${extent} of ${textOf(file.path)} was not written`;

const interrupted = (on: ExtentFileOnHost, extent: number, reason: string): HoldfastError =>
  new HoldfastError('TransferInterrupted', `${what(on, extent)}: ${reason}`, placeOf(on));
