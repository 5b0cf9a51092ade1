import { FREEZE_REFUSED, type FreezeNames } from './freeze.js';
import { btrfsFreeze } from './btrfs.js';
import { fsfreeze } from './fsfreeze.js';
import { lvmFreeze } from './lvm.js';
import { zfsFreeze } from './zfs.js';
import type { FreezePlan } from '../plan.js';
import { enterSource } from '../scan/script.js';
import { quote } from '../shell-quoting.js';

/**
 * One way to freeze, as POSIX sh. All of it runs with `$real`, the source's real path (for a release the nearest directory above it that is
 * still there), and `$path`, what people call it.
 */
export interface FreezeWay {
  readonly tools: readonly string[];
  /** Finds out what holds `$real`; refuses what this way cannot freeze. */
  readonly locate: string;
  /** Defines `release`, which removes all that bears the tag, and fails when something is left. */
  readonly release: string;
  /** Freezes, and sets `$read`. */
  readonly freeze: string;
}

function wayOf(plan: FreezePlan, names: FreezeNames): FreezeWay {
  switch (plan.kind) {
    case 'btrfs':
      return btrfsFreeze(names);
    case 'lvm':
      return lvmFreeze(names, plan.sizeBytes);
    case 'zfs':
      return zfsFreeze(names);
    case 'fsfreeze':
      return fsfreeze(names, plan.maxMs);
  }
}

/** Releases what dead runs left, freezes the source, and prints what `readFreezeOutput` reads. */
export function freezeScript(plan: FreezePlan, path: string, names: FreezeNames): string {
  const way = wayOf(plan, names);
  return `${COMMON}
path=${quote(path)}
${enterSource(path)}
${find(way)}
release || refuse "what an earlier run left could not be released: $said"
printf 'frozen-at %s\\n' "$(date +%s.%N)"
${way.freeze}
printf 'real %s\\n' "$real"
printf 'read-path %s\\n' "$read"
sed 's/^/mount /' /proc/self/mountinfo
exit 0`;
}

/** Releases what this run and earlier ones froze; well when there is nothing. */
export function releaseScript(plan: FreezePlan, path: string, names: FreezeNames): string {
  return `${COMMON}
path=${quote(path)}
there=$path
until cd -- "$there" 2>/dev/null; do there=$(dirname -- "$there"); done
${find(wayOf(plan, names))}
release || refuse "$said"
exit 0`;
}

const find = ({ tools, locate, release }: FreezeWay): string => `
for tool in ${tools.join(' ')}; do
  command -v "$tool" >/dev/null || refuse "the host has no $tool"
done
real=$(pwd -P)
${locate}
${release}`;

const COMMON = `said=
one_line() { printf '%s' "$1" | tr '\\n' ' '; }
refuse() { printf 'refused %s\\n' "$(one_line "$1")"; exit ${FREEZE_REFUSED}; }
try() { said=$("$@" 2>&1 </dev/null); }
must() { try "$@" || refuse "$1: $said"; }
trouble() { printf 'trouble %s\\n' "$1"; }
# What is read at the moment may be let go of a moment later.
try_long() { tries=0; until try "$@"; do tries=$((tries + 1)); [ "$tries" -lt 10 ] || return 1; sleep 0.5; done; }`;
