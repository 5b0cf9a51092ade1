import type { EndedSource } from './ended.js';
import type { SourceRecord } from './records.js';

type Figures = Pick<
  SourceRecord,
  | 'totalSizeBytes'
  | 'storedBytes'
  | 'bytesSent'
  | 'bytesReceived'
  | 'speedup'
  | 'filesTotal'
  | 'filesTransferred'
  | 'filesDeleted'
>;

/**
 * rsync counts as seen from the worker, where it was called: what it received came from the host. Of an archive nothing but what it stored is known to
 * have been moved.
 */
export function figuresOf({ engine, figures, transfer }: EndedSource): Figures {
  const { entries, changed, deleted, sourceBytes, storedBytes } = figures;
  const made = { totalSizeBytes: sourceBytes, storedBytes, filesTotal: entries, filesDeleted: deleted };
  if (engine === 'mirror') {
    const { bytesSent = 0, bytesReceived = 0, filesTransferred = 0, speedup = 0 } = transfer ?? {};
    const moved = bytesSent + bytesReceived > 0;
    return { ...made, bytesSent, bytesReceived, filesTransferred, ...(moved ? { speedup } : {}) };
  }
  const moved = storedBytes > 0;
  return {
    ...made,
    bytesSent: 0,
    bytesReceived: storedBytes,
    filesTransferred: moved ? changed : 0,
    ...(moved ? { speedup: Math.round((100 * sourceBytes) / storedBytes) / 100 } : {}),
  };
}
