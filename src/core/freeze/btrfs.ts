import { BTRFS_FREEZE_DIRECTORY, type FreezeNames } from './freeze.js';
import type { FreezeWay } from './script.js';

/**
 * A read-only snapshot of the subvolume that holds the source, in a directory of that subvolume's root. The root of a subvolume has inode
 * 256 (BTRFS_FIRST_FREE_OBJECTID). Subvolumes below it are empty directories in the snapshot.
 */
export function btrfsFreeze({ tag, name }: FreezeNames): FreezeWay {
  return {
    tools: ['btrfs', 'stat', 'date', 'id'],
    locate: `
type=$(stat -f -c %T .)
[ "$type" = btrfs ] || refuse "$path lies on $type, not on btrfs"
device=$(stat -c %d .) top=$real
until [ "$(stat -c %i -- "$top")" = 256 ]; do
  above=$(dirname -- "$top")
  [ "$(stat -c %d -- "$above")" = "$device" ] || refuse "the root of the subvolume that holds $path is not reachable above $top (a bind mount?)"
  top=$above
done
top=\${top%/}
snapshots=$top/${BTRFS_FREEZE_DIRECTORY}`,
    // Whoever owns the subvolume's root might put a link there: all is done from within the directory, once it is known to be ours.
    release: `
enter_snapshots() {
  cd -- "$snapshots" && [ "$(pwd -P)" = "$snapshots" ] && [ "$(stat -c %u .)" = "$(id -u)" ] || refuse "$snapshots is not a directory of ours"
}
release() {
  [ -e "$snapshots" ] || [ -L "$snapshots" ] || return 0
  enter_snapshots
  for one in ./${tag}-*; do
    [ ! -e "$one" ] || try_long btrfs subvolume delete "$one" || return 1
  done
}`,
    freeze: `
[ -d "$snapshots" ] || must mkdir -m 700 -- "$snapshots"
enter_snapshots
must btrfs subvolume snapshot -r "\${top:-/}" ./${name}
read=$snapshots/${name}\${real#"$top"}
read=\${read%/}
inside=$(btrfs subvolume show "\${top:-/}" | head -n 1)
case $inside in / | '<FS_TREE>') inside= ;; *) inside=$inside/ ;; esac
btrfs subvolume list -o "\${top:-/}" >"$HOLDFAST_SCRATCH/subvolumes" || refuse "the subvolumes below $top cannot be listed"
while IFS= read -r line; do
  below=\${line#* path }
  printf 'subvolume %s/%s\\n' "$top" "\${below#"$inside"}"
done <"$HOLDFAST_SCRATCH/subvolumes"`,
  };
}
