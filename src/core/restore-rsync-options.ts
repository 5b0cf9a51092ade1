import { isStray, readRsyncWords, writeRsyncOption } from './rsync-option-words.js';
import type { OverwriteMode } from './restore-actions.js';

/** What decides which entries a mirror has; kept for a restore, so that what a backup leaves out is not removed from a target. */
const FILTERS: ReadonlySet<string> = new Set([
  ...['filter', 'exclude', 'exclude-from', 'include', 'include-from', 'cvs-exclude', 'F'],
]);

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
  readonly target: { readonly root: boolean; readonly here: boolean };
  /** A file of NUL-ended names to take; undefined: everything. */
  readonly namesFile?: string;
}

/** rsync's options for copying a mirror back. */
export function mirrorRestoreOptions(options: MirrorRestoreOptions): string[] {
  const filters = readRsyncWords(options.words).flatMap((read) =>
    !isStray(read) && FILTERS.has(read.name) ? [writeRsyncOption(read)] : [],
  );
  return [
    ...['-a', '-H', '-A', '-X', '--numeric-ids', '--modify-window=-1', '--timeout=600'],
    ...(options.preserveOwnership ? [] : ['--no-owner', '--no-group']),
    ...(options.fakeSuper ? fakeSuperWords(options.target) : []),
    ...(options.overwrite === 'never' ? ['--ignore-existing'] : []),
    ...(options.overwrite === 'always' ? ['--ignore-times'] : []),
    ...(options.delete ? ['--delete-delay'] : []),
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
