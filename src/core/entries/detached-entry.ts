import { detached } from './byte-records.js';
import type { Entry } from './entry.js';

/** A copy that does not keep the chunk alive that the entry was read with. */
export const detachedEntry = (entry: Entry): Entry => ({
  ...entry,
  path: detached(entry.path),
  mtime: detached(entry.mtime),
  ctime: detached(entry.ctime),
  inode: detached(entry.inode),
  device: detached(entry.device),
  mode: detached(entry.mode),
  target: detached(entry.target),
});
