import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** unix(7) has room for 107 bytes; ssh makes the socket under a name that is 17 longer than its own, ours is a number. */
const MAX_PATH_BYTES = 107 - 17 - '/99999999'.length;

/**
 * Makes a private directory for sockets whose path is short and has nothing that ssh or rsync would expand or split. Undefined when this
 * machine has no place for one.
 */
export function makeSocketDirectory(own: NodeJS.ProcessEnv = process.env): string | undefined {
  for (const parent of [own['XDG_RUNTIME_DIR'], tmpdir(), '/tmp']) {
    const prefix = join(parent ?? '', 'holdfast-');
    if (!/^\/[\w./-]+$/.test(prefix) || Buffer.byteLength(prefix) + RANDOM_PART > MAX_PATH_BYTES) continue;
    try {
      return mkdtempSync(prefix);
    } catch {
      // Missing, read-only or full: the next one may do.
    }
  }
  return undefined;
}

/** What mkdtemp adds. */
const RANDOM_PART = 6;
