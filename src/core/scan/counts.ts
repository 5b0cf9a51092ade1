import type { Entry } from '../entries/entry.js';
import type { EntryCounts } from '../archive/manifest.js';

/** Counts the entries of a source, its own directory among them: an emptied source has one. */
export class EntryCounter {
  entries = 0;
  files = 0;
  directories = 0;
  symlinks = 0;
  others = 0;

  add(entry: Entry, sign: 1 | -1 = 1): void {
    this.entries += sign;
    if (entry.type === 'f') this.files += sign;
    else if (entry.type === 'd') this.directories += sign;
    else if (entry.type === 'l') this.symlinks += sign;
    else this.others += sign;
  }

  counts(): EntryCounts {
    const { entries, files, directories, symlinks, others } = this;
    return { entries, files, directories, symlinks, others };
  }
}
