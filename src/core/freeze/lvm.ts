import type { FreezeNames } from './freeze.js';
import type { FreezeWay } from './script.js';

/**
 * A snapshot of the logical volume that holds the source, mounted read-only. A thin volume's snapshot takes its room from the pool.
 *
 * @param sizeBytes room for what changes meanwhile; undefined: a tenth of the volume
 */
export function lvmFreeze({ tag, name }: FreezeNames, sizeBytes: number | undefined): FreezeWay {
  const room = sizeBytes === undefined ? '--extents 10%ORIGIN' : `--size ${sizeBytes}b`;
  return {
    tools: ['lvs', 'lvcreate', 'lvremove', 'findmnt', 'mount', 'umount', 'stat', 'date'],
    locate: `
export LVM_SUPPRESS_FD_WARNINGS=1
mount=$(stat -c %m .)
type=$(findmnt -n -o FSTYPE --mountpoint "$mount" | tail -n 1)
device=$(findmnt -n -v -o SOURCE --mountpoint "$mount" | tail -n 1)
[ "$type" != btrfs ] || refuse "$path lies on btrfs, whose copies must not be mounted twice; write freeze: btrfs"
set -- $(lvs --noheadings -o vg_name,lv_name,segtype "$device" 2>/dev/null)
[ $# -eq 3 ] || refuse "$path lies on $device, which is no volume of LVM"
group=$1 volume=$2 segments=$3
mounts=/run/holdfast-freeze`,
    release: `
release() {
  for one in $(lvs --noheadings -o lv_name "$group" 2>/dev/null); do
    case $one in holdfast-freeze-${tag}-*) ;; *) continue ;; esac
    case $(lvs --noheadings -o lv_snapshot_invalid "$group/$one" 2>/dev/null) in
      *invalid*) trouble "the snapshot of $group/$volume ran out of room while it was read; give it more: freeze: {lvm: {size: …}}" ;;
    esac
    if findmnt -n --mountpoint "$mounts/$one" >/dev/null; then try_long umount "$mounts/$one" || return 1; fi
    try_long lvremove --yes "$group/$one" || return 1
    [ ! -d "$mounts/$one" ] || rmdir -- "$mounts/$one"
  done
}`,
    freeze: `
mine=holdfast-freeze-${name}
[ "$segments" = thin ] && room='--setactivationskip n' || room='${room}'
must lvcreate --yes --snapshot --name "$mine" $room "$group/$volume"
root=$(findmnt -n -o FSROOT --mountpoint "$mount" | tail -n 1)
must mkdir -p -m 700 "$mounts/$mine"
# XFS refuses a second file system of the same UUID.
[ "$type" = xfs ] && options=ro,nouuid || options=ro
must mount -t "$type" -o "$options" "/dev/$group/$mine" "$mounts/$mine"
mount=\${mount%/}
read=$mounts/$mine\${root%/}\${real#"$mount"}
read=\${read%/}`,
  };
}
