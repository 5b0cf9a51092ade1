import { stage } from '../pipeline-stage.js';

/**
 * Makes a file without content, but with the same attributes, for each name in `$HOLDFAST_LIST`, and changes to where they are. What
 * cannot be kept is told in tar's words, since tar is what reads them next: it finds for itself what is gone.
 *
 * GNU cp keeps mode, owner, times, access lists, extended attributes and with them capabilities; with `xattr` named it says so where it cannot.
 */
export const makeSkeletons = (): string => `HOLDFAST_MADE=$HOLDFAST_SCRATCH/skeletons
export HOLDFAST_MADE
mkdir "$HOLDFAST_MADE" || exit 1
${stage('skeletons', ['xargs', '-0', '-r', '-n', '1', 'sh', '-c', MAKE, 'sh'])} <"$HOLDFAST_LIST" 2>"$HOLDFAST_SCRATCH/made" || exit 1
cd "$HOLDFAST_MADE" || exit 1`;

const MAKE = `
made=$HOLDFAST_MADE/$1
case $1 in */*) mkdir -p -- "\${made%/*}" || exit 1 ;; esac
said=$(cp --attributes-only --no-dereference --preserve=all,xattr -- "./$1" "$made" 2>&1) && exit 0
name=$(QUOTING_STYLE=escape stat -c %N -- "./$1") || exit 0
if [ -e "$made" ]; then word="Warning: Cannot cp"; else word="Cannot open"; : >"$made" || exit 1; fi
printf "tar: %s: %s: %s\\n" "\${name#./}" "$word" "\${said##*: }" >&2`;
