import { createReadStream } from 'node:fs';
import { RecordCutter } from '../../core/entries/byte-records.js';
import type { Entry } from '../../core/entries/entry.js';
import { comparePaths } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { FileTest } from '../../core/filters/entry-filters.js';
import type { PathFilter } from '../../core/filters/filters.js';
import { parseScanRecord } from '../../core/scan/record.js';

const CHUNK_BYTES = 64 * 1024;

/** The entries of a scan in batches, in index order, without those that the filter excludes or `isLeftOut` says are left out. */
export async function* readRecords(
  recordsFile: string,
  filter: PathFilter,
  isLeftOut?: FileTest,
): AsyncGenerator<readonly Entry[]> {
  const cutter = new RecordCutter('\0');
  let last: string | undefined;
  for await (const chunk of createReadStream(recordsFile, { highWaterMark: CHUNK_BYTES })) {
    const entries: Entry[] = [];
    for (const record of cutter.push(chunk as Buffer)) {
      const entry = parseScanRecord(record);
      if (last !== undefined && comparePaths(last, entry.path) >= 0) throw outOfOrder(last, entry.path);
      last = entry.path;
      if (filter.excludes(entry.path, entry.type === 'd') || isLeftOut?.(entry) === true) continue;
      entries.push(entry);
    }
    yield entries;
  }
  if (cutter.rest !== '') throw new HoldfastError('TransferInterrupted', 'the scan ends in the middle of a record');
}

function outOfOrder(before: string, after: string): HoldfastError {
  const names = `${JSON.stringify(before)} before ${JSON.stringify(after)}`;
  return new HoldfastError('RemoteCommandFailed', `the host’s sort did not sort bytewise: ${names}`);
}
