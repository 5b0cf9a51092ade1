import { stage } from '../pipeline-stage.js';
import { enterSource, reportSaid } from '../scan/script.js';
import { DEFINE_DIGEST } from './sha256-script.js';
import { quoteAll } from '../shell-quoting.js';

/*
 * Scripts that read one file of a source. Its name is a byte string, so it comes in the list, NUL-ended; `./` stands before it wherever a
 * program could take it for an option. A symbolic link in its place is not followed.
 */
const FILE = `file=$(tr -d '\\0' <"$HOLDFAST_LIST" && printf x); file=./\${file%x}`;

/** What `find` prints of the file for `readFileState`. */
const STATE = '%y %s %T@ %C@ %i %b\\n';

/** So much of a tar is enough for the list of some 20,000 parts of a sparse file. */
const SPARSE_HEAD_BYTES = 512 * 1024;

/**
 * Prints the file's state, one line; with `sparse` the beginning of a tar of it follows, for `readSparseMap`. tar is cut off on purpose: its status
 * says nothing, the list of parts says itself whether it is whole. Where the file system cannot tell (or tar is older than 1.29) there is no list.
 */
export function lookAtFileScript(path: string, sparse: boolean): string {
  const tar = [
    'tar',
    '--create',
    '--file=-',
    '--format=posix',
    '--sparse',
    '--sparse-version=1.0',
    '--hole-detection=seek',
    '--null',
  ];
  const words = quoteAll([...tar, '--no-recursion', '--verbatim-files-from']);
  const head = `| head -c ${SPARSE_HEAD_BYTES}`;
  return `${enterSource(path)}
${FILE}
: >"$HOLDFAST_SCRATCH/look"
${stage('look', ['find'])} "$file" -maxdepth 0 -printf '${STATE}' 2>"$HOLDFAST_SCRATCH/look"
${sparse ? `${words} --files-from="$HOLDFAST_LIST" 2>/dev/null ${head}\n` : ''}${reportSaid(['look'])}
`;
}

export interface ReadRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** dd with the file's name; it tells on standard error what it met. */
const read = (name: string, { offsetBytes, lengthBytes }: ReadRange): string =>
  `${stage(name, ['dd', 'bs=1M', 'iflag=skip_bytes,count_bytes,fullblock,nofollow', 'status=none', `skip=${offsetBytes}`, `count=${lengthBytes}`])} if="$file"`;

/** Prints the SHA-256 of each range, a line each as `digest` does; stages `read-0`, `sum-0`, `read-1`… */
export function hashRangesScript(path: string, ranges: readonly ReadRange[]): string {
  const pipelines = ranges.map(
    (range, at) =>
      `${read(`read-${at}`, range)} 2>>"$HOLDFAST_SCRATCH/read" | ${stage(`sum-${at}`, ['digest'])} 2>>"$HOLDFAST_SCRATCH/sum"`,
  );
  return `${enterSource(path)}
${FILE}
${DEFINE_DIGEST}
: >"$HOLDFAST_SCRATCH/read" && : >"$HOLDFAST_SCRATCH/sum" || exit 1
${pipelines.join('\n')}
${reportSaid(['read', 'sum'])}
`;
}

/** Prints a range's bytes, compressed when the host does it, and says the SHA-256 of what was read, as `digest` does. */
export function sendRangeScript(path: string, range: ReadRange, zstd: readonly string[] | undefined): string {
  const scratch = '"$HOLDFAST_SCRATCH"';
  const copy = `${stage('copy', ['tee'])} ${scratch}/pipe 2>${scratch}/copy`;
  const pack = zstd === undefined ? '' : ` | ${stage('zstd', ['zstd', ...zstd])} 2>${scratch}/zstd`;
  return `${enterSource(path)}
${FILE}
${DEFINE_DIGEST}
mkfifo ${scratch}/pipe || exit 1
{ ${stage('sum', ['digest'])} <${scratch}/pipe >${scratch}/content; } 2>${scratch}/sum &
${read('read', range)} 2>${scratch}/read | ${copy}${pack}
: <>${scratch}/pipe # Had tee not begun, digest would wait for it for ever.
wait "$!"
${reportSaid(['read', 'copy', ...(zstd === undefined ? [] : ['zstd']), 'content', 'sum'])}
`;
}
