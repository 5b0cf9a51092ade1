import { decideExtent, extentsBefore, extentsWithData } from '../../core/extents/decisions.js';
import type { ExtentRun } from '../../core/extents/layout.js';
import { extentRange } from '../../core/extents/layout.js';
import type { ExtentMap, StoredExtent } from '../../core/extents/map.js';
import type { FileState } from '../../core/extents/report.js';
import { isSameState } from '../../core/extents/report.js';
import { HoldfastError } from '../../core/failures.js';
import { textOf } from '../../core/entries/entry.js';
import type { ActivityControl } from '../activity-control.js';
import type { WriteExtentsInput } from '../contract.js';
import type { RunDone } from './extent-record.js';
import { writeExtentDone } from './extent-record.js';
import type { FileFlaw } from './file-flaw.js';
import { isFlaw } from './file-flaw.js';
import type { ExtentFileOnHost } from './read-extent-file.js';
import { hashExtents, lookAtFile, placeOf } from './read-extent-file.js';
import type { ExtentTarget, SentExtent } from './send-extent.js';
import { sendExtent } from './send-extent.js';
import type { SentBefore } from './sent-before.js';
import { zerosSha256 } from './zeros.js';

export interface RunWork {
  readonly on: ExtentFileOnHost;
  readonly run: ExtentRun;
  /** The file's version before, in the same chain. */
  readonly previous: ExtentMap | undefined;
  readonly target: ExtentTarget;
  readonly sentBefore: SentBefore;
  readonly input: WriteExtentsInput;
}

/** Stores a run of one file's extents: look, hash what may be as before, send the rest, look again. */
export async function storeRun(work: RunWork, control: ActivityControl): Promise<RunDone> {
  const { on, run } = work;
  const { sizeBytes, blocks } = on.file;
  const before = await lookAtFile(on, blocks * 512 < sizeBytes, control.signal);
  if (isFlaw(before)) return flawed(run, before);
  const { state, data } = before;
  const extents = extentsWithData(run, on.file, data);
  const known = extentsBefore(work.previous, on.file.extentSizeBytes);
  const compared = extents.filter((extent) => known.has(extent));
  const hashes = await hashExtents(on, compared, control.signal);
  if (isFlaw(hashes)) return flawed(run, hashes, state);

  const stored: StoredExtent[] = [];
  let rawBytes = 0;
  let isShort = false;
  for (const extent of extents) {
    const { lengthBytes } = extentRange(on.file, extent);
    const decision = decideExtent(hashes.get(extent), zerosSha256(lengthBytes), known.get(extent));
    if (decision.do === 'keep') stored.push(decision.stored);
    if (decision.do !== 'send') continue;
    const sent = await sendOnce(work, extent, state, control);
    if (isFlaw(sent)) return flawed(run, sent, state);
    isShort ||= sent.rawBytes < lengthBytes;
    if (sent.stored === undefined) continue;
    stored.push(sent.stored);
    rawBytes += sent.rawBytes;
  }

  const after = await lookAtFile(on, false, control.signal);
  const done = { ...run, state, extents: stored, rawBytes };
  const message = changeOf(work, state, after);
  if (message !== undefined) return { ...done, flaw: { verdict: 'changed', message } };
  if (!isShort) return done;
  const reason = 'fewer bytes came than the file has';
  throw new HoldfastError('TransferInterrupted', `${textOf(on.file.path)}: ${reason}`, placeOf(on));
}

const flawed = (run: ExtentRun, flaw: FileFlaw, state?: FileState): RunDone => ({
  ...run,
  flaw,
  ...(state === undefined ? {} : { state }),
  extents: [],
  rawBytes: 0,
});

/** What has happened to the file since the scan, if what is stored may be of two moments or not the whole. */
function changeOf(
  { on }: RunWork,
  before: FileState,
  after: Awaited<ReturnType<typeof lookAtFile>>,
): string | undefined {
  if (isFlaw(after)) return 'file removed as we read it';
  if (!isSameState(before, after.state)) return 'file changed as we read it';
  if (before.sizeBytes !== on.file.sizeBytes) return 'file has another size than when it was listed';
  return undefined;
}

type Sent = Pick<SentExtent, 'rawBytes'> & { readonly stored?: StoredExtent };

async function sendOnce(
  { on, target, sentBefore, input }: RunWork,
  extent: number,
  state: FileState,
  control: ActivityControl,
): Promise<Sent | FileFlaw> {
  const { plan, batch } = input;
  const earlier = await sentBefore.take(on.file.number, extent, state);
  if (earlier !== undefined) return earlier;
  control.progress({ step: 'transfer', file: on.file.number + 1, extent: extent + 1 });
  const sent = await sendExtent(on, extent, target, control);
  if (isFlaw(sent) || sent.object === undefined) return sent;
  const { contentSha256, rawBytes, object } = sent;
  const stored = { extent, contentSha256, backupId: plan.backupId, object };
  const done = { file: on.file.number, state, rawBytes, stored };
  // Bytes that are missing for no reason must not be taken for whole by the next attempt.
  const isWhole = rawBytes === extentRange(on.file, extent).lengthBytes;
  if (isWhole) {
    // Without it the extent is read again should it be reused: no reason to send it again.
    const fingerprint = await target.storage.fingerprint(target.backup + object.name).catch(() => undefined);
    const told = fingerprint === undefined ? done : { ...done, fingerprint };
    await writeExtentDone(target.storage, plan.planPrefix, batch, told, control.attemptToken);
  }
  return done;
}
