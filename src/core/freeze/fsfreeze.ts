import type { FreezeNames } from './freeze.js';
import type { FreezeWay } from './script.js';

/** Directories that the host cannot do without while we are at work: their file systems are never frozen. */
const NEEDED = '/ /tmp /var/tmp /run /dev/shm /etc /usr /bin /lib /var/log "${TMPDIR:-/}" "${HOME:-/}"';

/**
 * Writes to the source's file system wait until it is thawed. A process of its own on the host thaws it at the time limit, whatever became
 * of us; it goes on trying, since a freeze may take long to begin.
 */
export function fsfreeze({ tag, name }: FreezeNames, maxMs: number): FreezeWay {
  return {
    tools: ['fsfreeze', 'findmnt', 'setsid', 'stat', 'date', 'sleep', 'tr'],
    locate: `
states=/run/holdfast-freeze`,
    release: `
is_running() { [ -n "$1" ] && tr '\\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q -F -e "$2"; }
release() {
  for state in "$states"/fs-${tag}-*; do
    [ -d "$state" ] || continue
    mount=$(cat "$state/mount") freezer=$(cat "$state/freezer" 2>/dev/null) watchdog=$(cat "$state/watchdog" 2>/dev/null)
    tries=0
    while is_running "$freezer" "fsfreeze -f "; do
      kill -s KILL "$freezer" 2>/dev/null; fsfreeze -u -- "$mount" 2>/dev/null
      tries=$((tries + 1)); [ "$tries" -lt 40 ] || { said="$mount is being frozen still"; return 1; }
      sleep 0.25
    done
    if try fsfreeze -u -- "$mount"; then :
    elif [ -e "$state/expired" ]; then trouble "$mount was thawed at its time limit, before it was read to its end: raise freeze: {fsfreeze: {max: …}}"
    elif [ -e "$state/frozen" ]; then
      case $said in *"Invalid argument"*) trouble "$mount was no longer frozen: somebody else thawed it" ;; *) return 1 ;; esac
    fi
    is_running "$watchdog" "$state" && kill -s KILL -- "-$watchdog" 2>/dev/null
    rm -rf -- "$state"
  done
}`,
    freeze: `
mount=$(stat -c %m .)
type=$(findmnt -n -o FSTYPE --mountpoint "$mount" | tail -n 1)
[ "$type" != btrfs ] || refuse "$path lies on btrfs; write freeze: btrfs"
device=$(stat -c %d .)
for needed in ${NEEDED} "$(command -v sh)" "$(command -v fsfreeze)" "$(command -v sleep)"; do
  [ ! -e "$needed" ] || [ "$(stat -L -c %d -- "$needed")" != "$device" ] || refuse "the file system of $path holds $needed too: nobody could log in to thaw it"
done
state=$states/fs-${name}
must mkdir -p -m 700 "$state"
printf '%s\\n' "$mount" >"$state/mount"
setsid sh -c '
  trap "" HUP; echo $$ >"$1/watchdog"; sleep "$2"
  while [ -d "$1" ]; do fsfreeze -u -- "$3" && : >"$1/expired" && break; sleep 1; done
' sh "$state" ${Math.ceil(maxMs / 1000)} "$mount" </dev/null >/dev/null 2>&1 9>&- &
tries=0
until [ -s "$state/watchdog" ]; do
  tries=$((tries + 1)); [ "$tries" -lt 50 ] || refuse "the process that thaws $mount at the time limit did not start"
  sleep 0.1
done
fsfreeze -f -- "$mount" 2>"$state/said" & freezer=$!
echo "$freezer" >"$state/freezer"
wait "$freezer" || refuse "fsfreeze: $(cat "$state/said")"
: >"$state/frozen"
read=$real`,
  };
}
