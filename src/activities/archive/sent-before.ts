import type { FileState } from '../../core/extents/report.js';
import { isSameState } from '../../core/extents/report.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import { isAsStored } from './as-stored.js';
import type { ExtentDone } from './extent-record.js';

/** Extents of a batch that earlier attempts have sent. */
export class SentBefore {
  /** How many were used. */
  taken = 0;

  constructor(
    private readonly storage: ObjectStorage,
    private readonly backup: string,
    private readonly records: readonly ExtentDone[],
    private readonly signal: AbortSignal,
  ) {}

  /** The record of an extent whose object is as it was stored, if the file has not been written to since it was read. */
  async take(file: number, extent: number, state: FileState): Promise<ExtentDone | undefined> {
    for (const record of this.records) {
      const { stored } = record;
      if (record.file !== file || stored.extent !== extent || !isSameState(record.state, state)) continue;
      const { object } = stored;
      if (!(await isAsStored(this.storage, this.backup + object.name, object, record.fingerprint, this.signal)))
        continue;
      this.taken += 1;
      return record;
    }
    return undefined;
  }
}
