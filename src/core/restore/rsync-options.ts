import { FILTER_OPTIONS } from '../rsync/option-levels.js';
import { isStray, readRsyncWords, writeRsyncOption } from '../rsync/option-words.js';
import type { OverwriteMode } from './actions.js';

export interface MirrorRestoreOptions {
  /** The source's rsync options, patterns and exclude file, as for the backup. */
  readonly words: readonly string[];
  readonly exclude: readonly string[];
  readonly excludeFile?: string;
  /** What lies on other file systems of the target was not in the mirror. */
  readonly oneFileSystem?: boolean;
  /** A file of rules that protect entries of the target. */
  readonly protectFile?: string;
  /** Whether the mirror's owners are the source's. */
  readonly preserveOwnership: boolean;
  /** Owners and modes of the mirror are kept in extended attributes. */
  readonly fakeSuper: boolean;
  readonly overwrite: OverwriteMode;
  readonly delete: boolean;
  /** A directory with entries that stands where the mirror has none goes, without `delete` too. */
  readonly makeRoom?: boolean;
  readonly target: { readonly root: boolean; readonly here: boolean };
  /** A file of NUL-ended names to take; undefined: everything. */
  readonly namesFile?: string;
}

/** rsync's options for copying a mirror back. */
export function mirrorRestoreOptions(options: MirrorRestoreOptions): string[] {
  // What decides which entries a mirror has stays, so that what a backup leaves out is not removed from a target.
  const filters = readRsyncWords(options.words).flatMap((read) =>
    !isStray(read) && FILTER_OPTIONS.has(read.name) ? [writeRsyncOption(read)] : [],
  );
  return [
    // Holes of a disk image must not fill the target.
    ...['-a', '-H', '-A', '-X', '--sparse', '--numeric-ids', '--modify-window=-1', '--timeout=600'],
    ...(options.preserveOwnership ? [] : ['--no-owner', '--no-group']),
    ...(options.fakeSuper ? fakeSuperWords(options.target) : []),
    ...(options.overwrite === 'never' ? ['--ignore-existing'] : []),
    ...(options.overwrite === 'always' ? ['--ignore-times'] : []),
    ...(options.delete ? ['--delete-delay'] : []),
    ...(options.makeRoom === true ? ['--force'] : []),
    ...(options.delete && options.oneFileSystem === true ? ['--one-file-system'] : []),
    ...(options.namesFile === undefined ? [] : [`--files-from=${options.namesFile}`, '--from0']),
    ...(options.protectFile === undefined ? [] : [`--filter=. ${options.protectFile}`]),
    ...filters,
    ...options.exclude.map((pattern) => `--exclude=${pattern}`),
    ...(options.excludeFile === undefined ? [] : [`--exclude-from=${options.excludeFile}`]),
  ];
}

/** Only the mirror's side reads attributes kept aside; between two directories of one machine the other side must be told not to. */
function fakeSuperWords({ root, here }: MirrorRestoreOptions['target']): string[] {
  return here ? ['--fake-super', `-M--${root ? '' : 'no-'}super`] : ['--fake-super'];
}
