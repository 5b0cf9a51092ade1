import { isStray, type RsyncOption, readRsyncWords, wantsValue } from './option-words.js';

/** Options that a configuration must not give, by long name, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  rsh: 'the connection is set by ssh_user, ssh_port, ssh_key, proxy_jump and ssh_options',
  'remote-option': 'it changes what runs on the host behind the checks of the other options',
  'blocking-io': 'it is for remote shells other than ssh',
  daemon: 'hosts are reached over ssh, not through an rsync daemon',
  config: 'hosts are reached over ssh, not through an rsync daemon',
  dparam: 'hosts are reached over ssh, not through an rsync daemon',
  detach: 'hosts are reached over ssh, not through an rsync daemon',
  'password-file': 'hosts are reached over ssh, not through an rsync daemon',
  'early-input': 'hosts are reached over ssh, not through an rsync daemon',
  server: 'rsync itself uses it between its two ends',
  sender: 'rsync itself uses it between its two ends',
  'ignore-errors': 'files that could not be read would be deleted from the mirror',
  'ignore-missing-args': 'a missing source would look like a good backup',
  'delete-missing-args': 'a missing source would delete its mirror',
  'remove-source-files': 'a backup must not remove files from the host',
  'files-from': 'a mirror is of the whole source; use exclude to leave things out',
  'write-batch': 'it writes files that are no part of the mirror',
  'only-write-batch': 'it copies nothing',
  'read-batch': 'it copies from a file, not from the host',
  'old-args': 'the host’s shell would run what stands in names',
  'insecure-links': 'a host could lead rsync out of the mirror',
  'trust-sender': 'a host could lead rsync out of the mirror',
  'keep-dirlinks': 'a host could lead rsync out of the mirror',
  'write-devices': 'it writes to this machine’s devices',
  'dry-run': 'use `holdfast backup --dry-run`',
  'list-only': 'it copies nothing; use `holdfast backup --dry-run`',
  version: 'it copies nothing',
  help: 'it copies nothing',
  'log-file': 'a run keeps its own record of what rsync said',
  'max-delete': 'use max_delete, which holds the run before anything is deleted',
  'stop-after': 'a stopped rsync leaves half a mirror; use timeout',
  'stop-at': 'a stopped rsync leaves half a mirror; use timeout',
  relative: 'the mirror would not hold the source’s entries directly below it',
  dirs: 'a mirror is of the whole source; use exclude to leave things out',
  'old-dirs': 'a mirror is of the whole source; use exclude to leave things out',
  backup: 'the mirror would hold entries that the source does not have; snapshots keep older versions',
  'backup-dir': 'snapshots keep older versions',
  suffix: 'snapshots keep older versions',
  'compare-dest': 'the mirror would lack what another directory holds',
  'copy-dest': 'the mirror is compared with itself only',
  'link-dest': 'a change in one directory would change the other; snapshots link unchanged files',
  append: 'edited files would be mixed from old and new content, or skipped',
  'append-verify': 'files edited without growing would be skipped',
};

/** `--no-…` forms that make a mirror something else. */
const REFUSED_NEGATIONS: Readonly<Record<string, string>> = {
  recursive: 'a mirror is of the whole source; use exclude to leave things out',
  detach: 'hosts are reached over ssh, not through an rsync daemon',
  'secluded-args': 'the host’s shell would run what stands in names',
};

const FOLDER = '(?:[A-Za-z0-9_./+][A-Za-z0-9_./+-]*/|/)?';
const RSYNC_PATH = new RegExp(
  `^(?:${FOLDER}(?:sudo|doas)(?: -n| -u [A-Za-z0-9_.][A-Za-z0-9_.-]*)* )?${FOLDER}rsync[A-Za-z0-9_.-]*$`,
);

export interface RefusedOption {
  readonly word: string;
  /** Why, as a clause: `files that could not be read would be deleted from the mirror`. */
  readonly reason: string;
}

/** Why Holdfast does not pass this word of `rsync_options` on, or undefined when it does. Knows nothing of the words around it. */
export function refusedRsyncOption(word: string): string | undefined {
  for (const read of readRsyncWords([word])) {
    const reason = isStray(read) ? undefined : reasonAgainst(read);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The same for all words together, so that values in words of their own and words that are no options are seen too. */
export function refusedRsyncOptions(words: readonly string[]): RefusedOption[] {
  return readRsyncWords(words).flatMap((read): RefusedOption[] => {
    if (isStray(read)) return [{ word: read.stray, reason: 'it is no option: rsync would take it for a file' }];
    // The value would be taken from what a nearer level says.
    const reason = reasonAgainst(read) ?? (wantsValue(read) ? 'its value is missing' : undefined);
    return reason === undefined ? [] : [{ word: read.word, reason }];
  });
}

function reasonAgainst(option: RsyncOption): string | undefined {
  const { name, negated, value } = option;
  if (negated) return Object.hasOwn(REFUSED_NEGATIONS, name) ? REFUSED_NEGATIONS[name] : undefined;
  if (name === 'rsync-path') return isSafeRsyncPath(value) ? undefined : RSYNC_PATH_REASON;
  if ((name === 'exclude-from' || name === 'include-from') && value === '-')
    return 'rsync gets nothing on standard input';
  if (value?.includes('\0') === true) return 'a word cannot hold NUL';
  return Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
}

export const RSYNC_PATH_REASON =
  'it is run by the host’s shell; write --rsync-path=PROGRAM or --rsync-path="sudo rsync", a path of an rsync and nothing else';

export const isSafeRsyncPath = (value: string | undefined): boolean => value !== undefined && RSYNC_PATH.test(value);
