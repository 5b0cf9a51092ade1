import type { InspectMirrorResult, SyncMirrorResult } from '../../activities/contract.js';
import { bandwidthOf } from '../../core/bandwidth.js';
import { failure } from '../../core/failures.js';
import { DEFAULT_EXPECTATIONS, transferRemarks } from '../../core/rsync/transfer-remarks.js';
import { limited, placeOf, type Ending, type SourceRun } from './source-run.js';

/** Remarks on a transfer that was slow or sent too much go into the notes; where the configuration says so they make a warning of a good source. */
export function afterTransfer(
  run: SourceRun,
  { previousEntries }: InspectMirrorResult,
  { statistics, movingMs = 0, notes = [] }: SyncMirrorResult,
  status: 'ok' | 'warning',
): Pick<Ending, 'status' | 'failure'> {
  run.notes.push(...notes);
  const { source } = run;
  const expected = source.transferExpectations ?? DEFAULT_EXPECTATIONS;
  const limitBytesPerSecond = bandwidthOf(limited(run.host, run.runLimit()), source.destination);
  const remarks = transferRemarks(
    { statistics, movingMs, previousEntries, ...(limitBytesPerSecond === undefined ? {} : { limitBytesPerSecond }) },
    expected,
  );
  if (remarks.length === 0) return { status };
  if (expected.status === 'warning')
    return { status: 'warning', failure: failure('TransferSlow', remarks.join(' '), placeOf(run)) };
  run.notes.push(...remarks);
  return { status };
}
