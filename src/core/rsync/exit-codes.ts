import type { FailureType } from '../failures.js';

/**
 * `ok` and `warning` leave a complete mirror (with named flaws); `retry` may end differently next time; `failed` will not.
 */
export interface RsyncExit {
  readonly class: 'ok' | 'warning' | 'retry' | 'failed';
  /** What it means, as a clause for `rsync ended with code N: …`. */
  readonly meaning: string;
  /** Catalogue entry when it is not `ok` or `warning` and rsync's own words say nothing better. */
  readonly failure: FailureType;
}

const ok = (meaning: string): RsyncExit => ({ class: 'ok', meaning, failure: 'RsyncFailed' });
const warning = (meaning: string): RsyncExit => ({ class: 'warning', meaning, failure: 'RsyncFailed' });
const retry = (meaning: string): RsyncExit => ({ class: 'retry', meaning, failure: 'RsyncInterrupted' });
const failed = (meaning: string, failure: FailureType = 'RsyncFailed'): RsyncExit => ({
  class: 'failed',
  meaning,
  failure,
});

/** Every code of rsync(1) and of its source, and what a shell makes of signals. */
export const RSYNC_EXITS: Readonly<Record<number, RsyncExit>> = {
  0: ok('all was copied'),
  1: failed('an option is wrong or unknown to the rsync here or on the host'),
  2: failed('what arrived is not rsync’s protocol; the host’s login shell prints text', 'HostShellPrintsText'),
  3: failed('a file or directory could not be selected'),
  4: failed('an option is not supported by the rsync on the host or here'),
  5: retry('the two ends could not start talking'),
  6: failed('the log could not be written'),
  10: retry('the socket failed'),
  11: retry('a file could not be read or written'),
  12: retry('the connection broke or the rsync on the host died'),
  13: retry('rsync could not report'),
  14: retry('rsync’s processes lost touch'),
  15: retry('one of rsync’s processes crashed'),
  16: retry('one of rsync’s processes was killed'),
  19: retry('rsync was stopped by a signal'),
  20: retry('rsync was stopped by a signal'),
  21: retry('rsync could not wait for its own process'),
  22: retry('rsync had no memory left'),
  23: warning('some files could not be copied'),
  24: warning('some files vanished while they were copied'),
  25: failed('more would have been deleted than was allowed', 'SourceHeld'),
  30: retry('no data came for too long'),
  35: retry('the host did not take the connection in time'),
  124: retry('the command on the host ended with 255'),
  125: retry('the command on the host was killed'),
  126: failed('rsync cannot be run on the host', 'ToolMissing'),
  127: failed('there is no rsync on the host', 'ToolMissing'),
  129: retry('rsync was stopped by a signal'),
  130: retry('rsync was stopped by a signal'),
  137: retry('rsync was killed'),
  141: retry('the connection broke'),
  143: retry('rsync was stopped by a signal'),
  255: retry('ssh failed'),
};

/** A code that nobody documented is a failure. */
export function rsyncExit(code: number): RsyncExit {
  const known = Object.hasOwn(RSYNC_EXITS, code) ? RSYNC_EXITS[code] : undefined;
  return known ?? failed('a code that rsync does not document');
}
