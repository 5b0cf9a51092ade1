import { stage } from '../pipeline-stage.js';
import { DEFINE_DIGEST } from './sha256-script.js';
import { quote } from '../shell-quoting.js';
import { ANY_WINDOW } from '../archive/tar-script.js';

/** One extent, where it goes and how it comes. */
export interface ExtentPiece {
  readonly offsetBytes: number;
  /** No more than this is written of it, whatever comes. */
  readonly lengthBytes: number;
  /** Lower-case hex SHA-256. */
  readonly contentSha256: string;
  readonly compressed: boolean;
  /** A file's path; or the bytes of standard input, so many of them, `rest` for all that are left. */
  readonly from: { readonly file: string } | { readonly inputBytes: number | 'rest' };
}

/**
 * Writes extents at their places in the file named in `$HOLDFAST_LIST` (relative to `$HOLDFAST_TARGET`), one after the other, and prints a line for
 * each: the SHA-256 of what then stands there, as `digest` does. Ends at the first that is not what it should be. The file must be there; its zeros
 * stay holes. Stages `zstd-0`, `write-0`, `read-0`, `sum-0`, `zstd-1`…
 *
 * The content is hashed when it has been written, out of the page cache: that proves what stands in the file, and copies less than a `tee` would.
 */
export function writeExtentsScript(pieces: readonly ExtentPiece[]): string {
  return `cd -- "$HOLDFAST_TARGET" || exit 1
file=$(tr -d '\\0' <"$HOLDFAST_LIST" && printf x); file=./\${file%x}
${DEFINE_DIGEST}
dd_said="$HOLDFAST_SCRATCH/dd" sum="$HOLDFAST_SCRATCH/sum"
${pieces.map(writePiece).join('\n')}`;
}

function writePiece({ offsetBytes, lengthBytes, contentSha256, compressed, from }: ExtentPiece, at: number): string {
  const input = 'file' in from ? ` <${quote(from.file)}` : '';
  const cut = 'file' in from || from.inputBytes === 'rest' ? '' : `head -c ${from.inputBytes} | `;
  const unpack = compressed ? `${stage(`zstd-${at}`, ['zstd', '-q', '-d', '-c', ANY_WINDOW])}${input} | ` : '';
  const to = [
    'iflag=fullblock,count_bytes',
    `count=${lengthBytes}`,
    'oflag=seek_bytes,nofollow',
    `seek=${offsetBytes}`,
  ];
  const write = stage(`write-${at}`, ['dd', 'bs=128K', ...to, 'conv=notrunc,nocreat,sparse']);
  const again = ['iflag=skip_bytes,count_bytes,nofollow', `skip=${offsetBytes}`];
  const read = stage(`read-${at}`, ['dd', 'bs=128K', ...again, 'status=none']);
  return `${cut}${unpack}${write} of="$file"${compressed ? '' : input} 2>"$dd_said" || { sed '/^[0-9]/d' "$dd_said" >&2; exit 1; }
${read} if="$file" count="$(sed -n 's/^\\([0-9]*\\) byte.*/\\1/p' "$dd_said")" | ${stage(`sum-${at}`, ['digest'])} >"$sum"
cat "$sum"; grep -q '^${contentSha256} ' "$sum" || exit 0`;
}

/** Makes files of their whole size without content: pairs of name and size. What an earlier attempt left is replaced. */
export const MAKE_LARGE_FILES = `cd -- "$HOLDFAST_TARGET" && xargs -0 -r -n 2 sh -c '
  rm -f -- "./$1" && truncate -s "$2" -- "./$1"' sh <"$HOLDFAST_LIST"`;

export const REMOVE_LARGE_FILES = `cd -- "$HOLDFAST_TARGET" && xargs -0 -r rm -f -- <"$HOLDFAST_LIST"`;

/**
 * Gives complete files their attributes and their names: for each the skeleton below `$HOLDFAST_SKELETONS`, the file, its name, its mtime, owner
 * and mode. A file that is not there was put in place by an earlier attempt. An attribute that cannot be set is told in tar's words.
 *
 * A login that is not root could not give a skeleton its owner, so root takes that from the index; chown drops what goes with it.
 */
export const PLACE_LARGE_FILES = `cd -- "$HOLDFAST_TARGET" && xargs -0 -r -n 6 sh -c '
  made=$HOLDFAST_SKELETONS/$1
  [ -f "./$2" ] || exit 0
  [ -f "$made" ] && [ ! -L "$made" ] || { echo "no attributes were unpacked for a large file" >&2; exit 255; }
  if [ "$(id -u)" = 0 ] && [ "$(stat -c %u:%g -- "$made")" != "$5" ]; then
    chown -- "$5" "$made" && chmod -- "$6" "$made" || exit 255
  fi
  said=$(cp --attributes-only --preserve=all,xattr -- "$made" "./$2" 2>&1) || {
    name=$(QUOTING_STYLE=escape stat -c %N -- "$made")
    printf "tar: cp: Cannot set '\\''all'\\'' extended attribute for file '\\''%s'\\'': %s\\n" "\${name#"$HOLDFAST_SKELETONS/"}" "\${said##*: }" >&2
  }
  case $4 in -*) ;; *) touch -m -d "@$4" -- "./$2" || exit 255 ;; esac
  mv -fT -- "./$2" "./$3" || exit 255' sh <"$HOLDFAST_LIST"`;
