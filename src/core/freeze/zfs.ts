import type { FreezeNames } from './freeze.js';
import type { FreezeWay } from './script.js';

/** A snapshot of the data set that holds the source, read through the data set's `.zfs/snapshot`. */
export function zfsFreeze({ tag, name }: FreezeNames): FreezeWay {
  return {
    tools: ['zfs', 'findmnt', 'stat', 'date'],
    locate: `
mount=$(stat -c %m .)
type=$(findmnt -n -o FSTYPE --mountpoint "$mount" | tail -n 1)
[ "$type" = zfs ] || refuse "$path lies on $type, not on zfs"
set=$(findmnt -n -v -o SOURCE --mountpoint "$mount" | tail -n 1)`,
    release: `
release() {
  zfs list -H -t snapshot -d 1 -o name "$set" >"$HOLDFAST_SCRATCH/snapshots" || { said="the snapshots of $set cannot be listed"; return 1; }
  while IFS= read -r one; do
    case $one in "$set@holdfast-freeze-${tag}-"*) try_long zfs destroy "$one" || return 1 ;; esac
  done <"$HOLDFAST_SCRATCH/snapshots"
}`,
    freeze: `
must zfs snapshot "$set@holdfast-freeze-${name}"
frozen=\${mount%/}/.zfs/snapshot/holdfast-freeze-${name}
[ -d "$frozen/." ] || refuse "the snapshot of $set does not appear at $frozen"
mount=\${mount%/}
read=$frozen\${real#"$mount"}
read=\${read%/}`,
  };
}
