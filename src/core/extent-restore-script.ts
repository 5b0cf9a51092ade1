import { stage } from './pipeline-stage.js';
import { DEFINE_DIGEST } from './sha256-script.js';

/**
 * Writes one extent at its place in the file named in `$HOLDFAST_LIST` (relative to `$HOLDFAST_TARGET`), from `$HOLDFAST_OBJECT` or, without one,
 * from standard input; then prints the SHA-256 of what was written, as `digest` does. The file must be there; its zeros stay holes.
 */
export function writeExtentScript(
  offsetBytes: number,
  from: { readonly file: boolean; readonly compressed: boolean },
): string {
  const scratch = '"$HOLDFAST_SCRATCH"';
  const input = from.file ? ' <"$HOLDFAST_OBJECT"' : '';
  const unpack = `${stage('zstd', ['zstd', '-q', '-d', '-c'])}${input} | `;
  const copy = `${stage('copy', ['tee'])} ${scratch}/pipe${from.compressed ? '' : input}`;
  const dd = ['dd', 'bs=128K', 'iflag=fullblock', 'oflag=seek_bytes,nofollow', `seek=${offsetBytes}`];
  const write = stage('write', [...dd, 'conv=notrunc,nocreat,sparse', 'status=none']);
  return `cd -- "$HOLDFAST_TARGET" || exit 1
file=$(tr -d '\\0' <"$HOLDFAST_LIST" && printf x); file=./\${file%x}
${DEFINE_DIGEST}
mkfifo ${scratch}/pipe || exit 1
{ ${stage('sum', ['digest'])} <${scratch}/pipe >${scratch}/content; } &
${from.compressed ? unpack : ''}${copy} | ${write} of="$file"
status=$?
: <>${scratch}/pipe # Had tee not begun, digest would wait for it for ever.
wait "$!" && cat ${scratch}/content && exit "$status"`;
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
