import { quote } from '../shell-quoting.js';

/**
 * Says whether a tree has files with holes: prints `sparse`, nothing, or `unknown` where the host's tools cannot tell. Stops at the first. Files below
 * 1 MiB do not matter.
 */
export const sparseScript = (path: string): string =>
  [
    // rsync itself says what is wrong with a directory that cannot be entered.
    `cd ${quote(path)} 2>/dev/null || exit 0`,
    "find . -prune -printf x >/dev/null 2>&1 && awk 'BEGIN { exit 0 }' </dev/null || { echo unknown; exit 0; }",
    "find . -type f -size +1024k -printf '%b %s\\n' 2>/dev/null | awk '$1 * 512 < $2 * 0.9 { print \"sparse\"; exit }'",
    'exit 0',
  ].join('\n');
