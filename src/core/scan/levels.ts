import { CACHE_SIGNATURE, CACHE_TAG, type EntryFilters } from '../filters/entry-filters.js';
import { passedBy, type ScanLimits } from './limits.js';
import { quote, quoteAll } from '../shell-quoting.js';

export interface LevelWalk {
  readonly limits: ScanLimits;
  /** Words of find that list an entry whose name is `%p`; shell text. */
  readonly list: string;
  /** The same for mount points that are not entered; words. */
  readonly listMounted: readonly string[];
  /** A command for the marks that keep their directories from being walked, NUL-ended names in `$HOLDFAST_SCRATCH/marks`. */
  readonly marks: string;
}

/**
 * The shell function `walk`: looks at the directories below `.` one level after the other, so that none that bears a mark is entered. Its status is
 * find's: 1 when some entry could not be looked at.
 */
export function walkByLevels({ limits, list, listMounted, marks }: LevelWalk): string {
  const { filters = {} } = limits;
  const oneFileSystem = filters.oneFileSystem === true;
  const next = `-type d -fprintf "$HOLDFAST_SCRATCH/next.$$" '%D %p\\0'`;
  const each = `exec find "$@" -mindepth 1 -maxdepth 1 ${quoteAll(passedBy(limits, listMounted))} ${list} ${next}`;
  return `
batch() {
  script=$1; shift
  xargs -0 -r sh -c "$script" "$@"
  status=$?
  # Some find ended with 1 to 125: what it said tells why.
  [ "$status" -ne 123 ] || { worst=1; status=0; }
  return "$status"
}
walk() {
  worst=0
  device=$(find . -maxdepth 0 -printf %D) || return 1
  : >"$HOLDFAST_SCRATCH/marks"
  printf '%s .\\0' "$device" >"$HOLDFAST_SCRATCH/level"
  while [ -s "$HOLDFAST_SCRATCH/level" ]; do
    batch ${quote(unmarked(filters, oneFileSystem))} "$device" \\
      <"$HOLDFAST_SCRATCH/level" >"$HOLDFAST_SCRATCH/open" 4>>"$HOLDFAST_SCRATCH/marks" || return
    batch ${quote(each)} sh <"$HOLDFAST_SCRATCH/open" || return
    : >"$HOLDFAST_SCRATCH/level"
    for file in "$HOLDFAST_SCRATCH"/next.*; do
      [ ! -e "$file" ] || { cat -- "$file" >>"$HOLDFAST_SCRATCH/level" && rm -f -- "$file"; } || return
    done
  done
  ${marks} || return
  return "$worst"
}`;
}

/** Script for directories with their device before them: prints those without a mark, and the marks of the others to descriptor 4. */
function unmarked({ excludeIfPresent = [], excludeCaches }: EntryFilters, oneFileSystem: boolean): string {
  const names = excludeIfPresent.map((name) => quote(name)).join(' ');
  const byName = `for name in ${names}; do
    if [ -e "$directory/$name" ] || [ -L "$directory/$name" ]; then printf '%s\\0' "$directory/$name" >&4; mark=yes; fi
  done`;
  const tag = quote(CACHE_TAG);
  const byTag = `file=$directory/${tag}
  if [ -f "$file" ] && [ ! -L "$file" ] && [ "$(head -c ${CACHE_SIGNATURE.length} -- "$file" 2>/dev/null)" = ${quote(CACHE_SIGNATURE)} ]; then
    printf '%s\\0' "$file" >&4; mark=yes
  fi`;
  const looksForTag = excludeCaches === true && !excludeIfPresent.includes(CACHE_TAG);
  return `
for found do
  ${oneFileSystem ? '[ "${found%% *}" = "$0" ] || continue' : ''}
  directory=\${found#* } mark=
  ${excludeIfPresent.length > 0 ? byName : ''}
  ${looksForTag ? byTag : ''}
  [ -n "$mark" ] || printf '%s\\0' "$directory"
done`;
}
