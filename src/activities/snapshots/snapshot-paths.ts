import { join } from 'node:path';
import { parseSnapshotName } from '../../core/snapshots/names.js';

/** What may lie in a mirror's folder of snapshots, by the name of its file. */
export type FolderEntry =
  | { readonly is: 'directory' | 'record' | 'pin' | 'lease'; readonly snapshot: string }
  /** Being made, or left by a run that died: the copy, or the record that waits for it. */
  | { readonly is: 'partial' | 'partial-record'; readonly snapshot: string }
  /** Being removed, or left by a run that died. */
  | { readonly is: 'removing' | 'removing-record'; readonly snapshot: string }
  /** Of a write that did not end. */
  | { readonly is: 'temporary' }
  | { readonly is: 'foreign' };

export const directoryOf = (folder: string, snapshot: string): string => join(folder, snapshot);
/** A snapshot exists if and only if this file does. */
export const recordOf = (folder: string, snapshot: string): string => join(folder, `${snapshot}.json`);
export const pinOf = (folder: string, snapshot: string): string => join(folder, `${snapshot}.pin.json`);
export const leaseOf = (folder: string, snapshot: string, runId: string): string =>
  join(folder, `${snapshot}.${runId.replace(/[^A-Za-z0-9-]/g, '-')}.reading.json`);
export const partialOf = (folder: string, snapshot: string, token: string): string =>
  join(folder, `.partial-${snapshot}.${token}`);
export const removingOf = (folder: string, snapshot: string): string => join(folder, `.removing-${snapshot}`);

const FORMS: readonly (readonly [RegExp, Exclude<FolderEntry['is'], 'temporary' | 'foreign'>])[] = [
  [/^\.partial-([^.]+)\.[A-Za-z0-9-]+\.json$/, 'partial-record'],
  [/^\.partial-([^.]+)\.[A-Za-z0-9-]+$/, 'partial'],
  [/^\.removing-([^.]+)\.json$/, 'removing-record'],
  [/^\.removing-([^.]+)$/, 'removing'],
  [/^([^.]+)\.[A-Za-z0-9-]+\.reading\.json$/, 'lease'],
  [/^([^.]+)\.pin\.json$/, 'pin'],
  [/^([^.]+)\.json$/, 'record'],
  [/^([^.]+)$/, 'directory'],
];

export function folderEntry(file: string): FolderEntry {
  if (/\.json\.[0-9a-f]{12}\.tmp$/.test(file) || /^\.partial-probe-[0-9a-f]{12}(\.copy)?$/.test(file))
    return { is: 'temporary' };
  for (const [form, is] of FORMS) {
    const snapshot = form.exec(file)?.[1];
    if (snapshot !== undefined && parseSnapshotName(snapshot) !== undefined) return { is, snapshot };
  }
  return { is: 'foreign' };
}
