import { stage } from '../pipeline-stage.js';
import { walkByLevels } from './levels.js';
import { findRoot, looksForMarks, passedBy, type ScanLimits } from './limits.js';
import { LEVEL_FORMAT, ROOT_FORMAT, SCAN_FORMAT } from './record.js';
import { quote, quoteAll } from '../shell-quoting.js';
import { sourceLookLines, type SourceLookPlan } from './source-look.js';

/** How the scripts end when the source cannot be worked on. */
export const SOURCE_MISSING = 76;
export const SOURCE_NOT_DIRECTORY = 77;
export const SOURCE_CLOSED = 78;
export const TOOL_MISSING = 79;

/** Lines that begin so tell facts about the host. */
const FACT = 'holdfast-fact';

/** Changes to the source's directory, or ends the script with a status that says why not; of one that is closed `ls` says it: not every shell does. */
export function enterSource(path: string): string {
  const source = quote(path);
  return `cd -- ${source} 2>/dev/null || {
  [ -d ${source} ] && { cd -- ${source}; ls -d -- ${quote(`${path}/.`)} >/dev/null; exit ${SOURCE_CLOSED}; }
  if [ -e ${source} ] || [ -L ${source} ]; then exit ${SOURCE_NOT_DIRECTORY}; fi
  ls -d -- ${source}; exit ${SOURCE_MISSING}
}`;
}

/**
 * What the stages say goes to files, and from there out with this before each line: several processes that write to one pipe tear each other's
 * lines apart, and whatever else the login shell's start-up files print is no business of ours.
 */
const SAID = 'holdfast-said ';

/** Ends a script: prints what the stages `names` said, each in a file of its name in the scratch directory. */
export function reportSaid(names: readonly string[]): string {
  return `cd "$HOLDFAST_SCRATCH" && ${stage('report', ['sed', `s/^/${SAID}/`, ...names])} >&2`;
}

/** What a stage said, from a line of standard error; undefined for lines of others. */
export const saidLine = (line: string): string | undefined =>
  line.startsWith(SAID) ? line.slice(SAID.length) : undefined;

/** Whether a line of standard error is one of these or a fact, not someone else's. */
export const isReport = (line: string): boolean => line.startsWith(SAID) || line.startsWith(`${FACT} `);

/**
 * Prints facts on standard error, then the sorted records of all entries on standard output, without what `limits` leave out for certain.
 *
 * @param look what else is asked about the source
 */
export function scanScript(path: string, limits: ScanLimits = {}, look?: SourceLookPlan): string {
  const { functions, find } = looksForMarks(limits) ? levels(limits) : { functions: '', find: oneFind(limits) };
  const sort = stage('sort', ['sort', '-z']);
  return `${enterSource(path)}
fact() { printf '${FACT} %s %s\\n' "$1" "$2" >&2; }
for tool in date find head sort tar${looksForMarks(limits) ? ' xargs' : ''}; do
  command -v "$tool" >/dev/null || { fact missing "$tool"; exit ${TOOL_MISSING}; }
done
for tool in find tar; do
  case $("$tool" --version 2>/dev/null | head -n 1) in
    *GNU*) ;;
    *) fact missing "GNU $tool"; exit ${TOOL_MISSING} ;;
  esac
done
fact tar "$(tar --version | head -n 1)"
for option in --xattrs --acls --selinux; do
  said=$(tar --create --file=/dev/null "$option" --files-from=/dev/null 2>&1) && [ -z "$said" ] && fact tar-option "$option"
done
if command -v zstd >/dev/null; then
  fact zstd "$(zstd --version 2>/dev/null | head -n 1)"
  printf x | zstd -3 -c -vv --no-progress 2>&1 >/dev/null | while IFS= read -r line; do fact zstd-says "$line"; done
fi
${look === undefined ? '' : sourceLookLines(look)}
fact clock "$(date +%s.%N)"
${functions}
${find} 2>"$HOLDFAST_SCRATCH/find" | ${sort} 2>"$HOLDFAST_SCRATCH/sort"
${reportSaid(['find', 'sort'])}
`;
}

const oneFind = (limits: ScanLimits): string =>
  stage('find', [...findRoot(limits), ...passedBy(limits, ['-printf', SCAN_FORMAT]), '-printf', SCAN_FORMAT]);

function levels(limits: ScanLimits): { readonly functions: string; readonly find: string } {
  const listMounted = ['-printf', LEVEL_FORMAT];
  const list = quoteAll(listMounted);
  const marks = `batch ${quote(`exec find "$@" -maxdepth 0 ${list}`)} sh <"$HOLDFAST_SCRATCH/marks"`;
  const root = `find . -maxdepth 0 -printf ${quote(ROOT_FORMAT)} || return`;
  return {
    functions: `${walkByLevels({ limits, list, listMounted, marks })}
scan() { ${root}; walk; }`,
    find: stage('find', ['scan']),
  };
}

export interface HostFacts {
  readonly missing: string | undefined;
  /** `seconds.nanoseconds` by the host's clock, just before the scan. */
  readonly clock: string | undefined;
  readonly tar: string;
  readonly tarOptions: readonly string[];
  /** Undefined without zstd. */
  readonly zstd: string | undefined;
  /** What zstd -vv said about compressing one byte. */
  readonly zstdSays: readonly string[];
}

/** The facts among what a scan printed on standard error: word and value, in order. */
export function factsIn(lines: readonly string[]): (readonly [string, string])[] {
  return lines.flatMap((line) => {
    const match = /^holdfast-fact (\S+) (.*)$/s.exec(line);
    return match === null ? [] : [[match[1] as string, match[2] as string] as const];
  });
}

export function readFacts(lines: readonly string[]): HostFacts {
  const told = new Map<string, string[]>();
  for (const [word, value] of factsIn(lines)) told.set(word, [...(told.get(word) ?? []), value]);
  return {
    missing: told.get('missing')?.[0],
    clock: told.get('clock')?.[0],
    tar: told.get('tar')?.[0] ?? '',
    tarOptions: told.get('tar-option') ?? [],
    zstd: told.get('zstd')?.[0],
    zstdSays: told.get('zstd-says') ?? [],
  };
}
