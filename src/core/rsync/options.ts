import { notReplaced } from './option-levels.js';
import { isStray, type RsyncOption, readRsyncWords, writeRsyncOption } from './option-words.js';

export { joinRsyncLevels } from './option-levels.js';
export {
  isSafeRsyncPath,
  type RefusedOption,
  refusedRsyncOption,
  refusedRsyncOptions,
  RSYNC_PATH_REASON,
} from './refused-options.js';

/** rsync compares whole seconds unless told otherwise: an edit of the same size in the same second would be missed for ever. */
const DEFAULTS = ['-a', '-H', '-A', '-X', '--numeric-ids', '--modify-window=-1', '--timeout=600'] as const;

/** What rsync prints is ours to choose: results are read from it. */
const OUTPUT_OPTIONS: ReadonlySet<string> = new Set([
  ...['verbose', 'quiet', 'info', 'debug', 'stderr', 'msgs2stderr', 'outbuf', 'stats', 'human-readable', 'progress'],
  ...['itemize-changes', 'out-format', 'log-file-format', '8-bit-output', 'motd'],
]);
/** Set from the version of rsync here. */
const PROTECTION_OPTIONS: ReadonlySet<string> = new Set(['secluded-args', 'old-args']);
const PARTIAL_OPTIONS: ReadonlySet<string> = new Set(['partial', 'partial-dir']);
/** rsync gives them to a remote shell that it knows by the name ssh; ours has settings of its own. */
const ADDRESS_OPTIONS: ReadonlySet<string> = new Set(['ipv4', 'ipv6']);
const DELETE_OPTIONS: ReadonlySet<string> = new Set([
  ...['delete', 'delete-before', 'delete-during', 'delete-delay', 'delete-after'],
]);

/** A file of rules for what filters that rsync does not know leave out. */
export interface LeftOutFile {
  readonly file: string;
  /** The source's own rules stand in it too, since one of them forgets all rules before it. */
  readonly holdsRules: boolean;
}

export interface MirrorOptions {
  /** The configuration's words: global, host, path. */
  readonly words: readonly string[];
  readonly exclude: readonly string[];
  readonly excludeFile?: string;
  readonly oneFileSystem?: boolean;
  readonly leftOut?: LeftOutFile;
  readonly preserveOwnership: boolean;
  readonly workerIsRoot: boolean;
  /** Absolute, outside the mirror. */
  readonly partialFolder: string;
  /** How rsync is called on the host, where it is not just `rsync`. */
  readonly rsyncPath?: string;
  readonly inPlace?: InPlace;
  /** Holes stay holes, unless the words say otherwise. */
  readonly sparse?: boolean;
}

/**
 * Whether changed files are written in place. `wanted`: the mirror shares blocks with its snapshots, and what is written anew is shared no more.
 * `forbidden`: snapshots are made of hard links; a file that any of them shared with the mirror would change with it. Undefined: as the words say.
 */
export type InPlace = 'wanted' | 'forbidden';

/** What the words come to. `deletes`: entries gone from the source leave the mirror too. */
export interface MergedOptions {
  readonly words: readonly string[];
  readonly deletes: boolean;
  readonly fakeSuper: boolean;
  readonly inPlace: boolean;
  /** Options that are passed on, but weaken what a backup promises. */
  readonly notes: readonly string[];
}

/**
 * Holdfast's defaults, the configuration's words on top (rsync itself lets the later of two win), then what the configuration does not
 * decide. Deletion always waits until everything has arrived (`--delete-delay`), whichever variant was asked for; `--no-delete` turns it off.
 */
export function mergeRsyncOptions(options: MirrorOptions): MergedOptions {
  const given = readRsyncWords(options.words).flatMap((read) => (isStray(read) ? [] : expandP(read)));
  const deletes = lastSwitch(given, DELETE_OPTIONS, ['delete-excluded']) ?? true;
  const inPlace = isInPlace(given, options.inPlace);
  const passed = given.filter((option) => isPassedOn(option, deletes) && (inPlace || option.name !== 'inplace'));
  const fakeSuper = isOn(given, 'fake-super') || (options.preserveOwnership && !options.workerIsRoot);
  return {
    words: [
      ...notReplaced(DEFAULTS, options.words),
      // Words of the configuration come later, and count.
      ...(options.sparse === true ? ['--sparse'] : []),
      // Before all other rules: the first that matches decides.
      ...(options.leftOut?.holdsRules === false ? [`--exclude-from=${options.leftOut.file}`] : []),
      ...passed.map(writeRsyncOption),
      ...(options.rsyncPath === undefined ? [] : [`--rsync-path=${options.rsyncPath}`]),
      ...(options.preserveOwnership ? [] : ['--no-owner', '--no-group']),
      ...(fakeSuper ? ['--fake-super'] : []),
      ...(deletes ? ['--delete-delay'] : []),
      // Both keep unfinished content in places of their own, and rsync refuses or mixes up the combination.
      ...(inPlace || isOn(given, 'delay-updates') ? [] : [`--partial-dir=${options.partialFolder}`]),
      ...(inPlace && !isOn(given, 'inplace') ? ['--inplace'] : []),
      // Given twice it means something else.
      ...(options.oneFileSystem === true && !isOn(given, 'one-file-system') ? ['--one-file-system'] : []),
      ...ruleWords(options),
    ],
    deletes,
    fakeSuper,
    inPlace,
    notes: notesOn(given, options.inPlace),
  };
}

function ruleWords({ exclude, excludeFile, leftOut }: MirrorOptions): string[] {
  if (leftOut?.holdsRules === true) return ['--exclude=!', `--exclude-from=${leftOut.file}`];
  return [
    ...exclude.map((rule) => `--exclude=${rule}`),
    ...(excludeFile === undefined ? [] : [`--exclude-from=${excludeFile}`]),
  ];
}

/** Where files are written as a whole anyway, or put into place at the end, nothing is gained. */
function isInPlace(given: readonly RsyncOption[], how: InPlace | undefined): boolean {
  if (how === 'forbidden') return false;
  const asked = lastSwitch(given, new Set(['inplace']), []);
  return asked ?? (how === 'wanted' && !isOn(given, 'whole-file') && !isOn(given, 'delay-updates'));
}

/** How these words call rsync on the host; undefined when they do not say. */
export function rsyncPathOf(words: readonly string[]): string | undefined {
  const last = readRsyncWords(words).findLast((read) => !isStray(read) && read.name === 'rsync-path');
  return last === undefined || isStray(last) ? undefined : last.value;
}

/** Counts what a run would do, changes nothing, and names each change on a line that `parseItemized` reads. */
export const DRY_RUN_OUTPUT = [
  ...['--no-human-readable', '--stats', '--dry-run', '--itemize-changes', '--out-format=@@%i %n'],
] as const;
/** Statistics at the end, totals on the way. */
export const SYNC_OUTPUT = ['--no-human-readable', '--stats', '--info=progress2'] as const;

/** The rest of rsync's command line: from a directory on the host into one here. Both paths are absolute. */
export function rsyncOperands(address: string, sourcePath: string, mirror: string): string[] {
  return ['--', `${address}:${withSlash(escapeWildcards(sourcePath))}`, withSlash(mirror)];
}

const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`);

/**
 * rsync lets the host expand wildcards in the source's name, and unescapes only a name that has some; a source is one directory, whatever
 * its name.
 */
const escapeWildcards = (path: string): string => (WILDCARD.test(path) ? path.replace(/[*?[\]\\]/g, '\\$&') : path);

const WILDCARD = /[*?[\]]/;

/** Names that a host's shell would change although rsync escapes them: they must go around it (`--protect-args`). */
export const needsProtectedArguments = (sourcePath: string): boolean =>
  sourcePath.includes('\n') || (sourcePath.includes('\\') && WILDCARD.test(sourcePath));

const expandP = (option: RsyncOption): RsyncOption[] =>
  option.name === 'P' ? ['partial', 'progress'].map((name) => ({ ...option, name })) : [option];

const NOT_PASSED = [OUTPUT_OPTIONS, PROTECTION_OPTIONS, PARTIAL_OPTIONS, DELETE_OPTIONS, ADDRESS_OPTIONS];

function isPassedOn({ name, negated }: RsyncOption, deletes: boolean): boolean {
  if (name === 'delete-excluded') return deletes && !negated;
  return !NOT_PASSED.some((set) => set.has(name));
}

/** The last word on a switch; some options turn it on by the way. */
function lastSwitch(
  given: readonly RsyncOption[],
  names: ReadonlySet<string>,
  implying: readonly string[],
): boolean | undefined {
  const last = given.findLast(({ name, negated }) => names.has(name) || (!negated && implying.includes(name)));
  return last && !last.negated;
}

const isOn = (given: readonly RsyncOption[], name: string): boolean => lastSwitch(given, new Set([name]), []) ?? false;

const WEAKENING: Readonly<Record<string, string>> = {
  'size-only': 'edits that keep a file’s size are not seen',
  'ignore-existing': 'files that the mirror has are never updated',
  existing: 'files new on the host are not copied',
  update: 'files that went back in time on the host stay as they are in the mirror',
  'max-size': 'larger files are not in the mirror',
  'min-size': 'smaller files are not in the mirror',
  'copy-links': 'symbolic links become copies of what they point to',
  ipv4: 'has no effect here; write ssh_options: {AddressFamily: inet}',
  ipv6: 'has no effect here; write ssh_options: {AddressFamily: inet6}',
};

function notesOn(given: readonly RsyncOption[], inPlace: InPlace | undefined): string[] {
  const notes = Object.entries(WEAKENING).flatMap(([name, effect]) =>
    isOn(given, name) ? [`rsync option --${name}: ${effect}`] : [],
  );
  if (inPlace === 'forbidden' && isOn(given, 'inplace'))
    notes.push('rsync option --inplace: left out, since snapshots of this mirror are made of hard links');
  return notes;
}
