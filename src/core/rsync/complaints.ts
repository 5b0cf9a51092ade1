import { byteStringOfText, type Flaw, textOf } from '../entries/entry.js';
import type { FlawedEntry } from '../archive/manifest.js';
import type { ErrorType } from '../errors/error-types.js';
import { errorTypeOfErrno } from '../errors/system-errors.js';
import { unescapeRsyncName } from './text.js';

/** Where a copy goes from and to: rsync's complaints name full paths of both. */
export interface CopyPlaces {
  readonly sourcePath: string;
  readonly mirror: string;
}

/** What one line of rsync's standard error says. Paths are byte strings, relative to the source where they lie in it. */
export type Complaint =
  | {
      readonly kind: 'flaw';
      readonly flaw: Flaw | 'vanished';
      readonly path: string;
      readonly message: string;
      readonly error: ErrorType;
    }
  /** The source itself cannot be entered: rsync copied and deleted nothing. */
  | {
      readonly kind: 'source';
      readonly problem: 'missing' | 'not-directory' | 'unreadable';
      readonly message: string;
      readonly error: ErrorType;
    }
  /** The mirror could not be written. */
  | {
      readonly kind: 'destination';
      readonly problem: 'full' | 'denied' | 'broken';
      readonly message: string;
      readonly error: ErrorType;
    }
  /** rsync's closing line, or the second line of a complaint. */
  | { readonly kind: 'remark' }
  /** Not rsync's own words: ssh, the host's shell, or something new. */
  | { readonly kind: 'other' };

const FULL_ERRNOS = [28, 122];
const DENIED_ERRNOS = [1, 13, 30];
const MISSING_ERRNO = 2;
const NOT_DIRECTORY_ERRNO = 20;
const IO_ERRNO = 5;

const VANISHED = /^(?:[a-z]+ )*[a-z]+ has vanished: "(.*)"(?: \(in .*\))?$/;
const VERIFICATION = /^ERROR: (?:\[\w+\] )?(.*) failed verification -- update [a-z -]+\.$/;
const SKIPPED = /^skipping (?:non-regular|unsafe|non-UTF-8)[\w -]* "(.*?)"/;
const REMARK =
  /^(?:rsync (?:error|warning): |\*\*\* Skipping |IO error encountered|WARNING: .* failed verification|Deletions stopped due to|rsync: \[\w+\] write error: Broken pipe)/;
const RSYNC = /^rsync: (?:\[(\w+)(?:=[\w.]+)?\] )?(.*)$/;
const QUOTED = /"(.*?)"(?=: | failed|,| -> |\)| \[)/;
const IN_PARENTHESES = /\((.+?)(?:, \w+)?\)(?:: | failed)/;
const ERRNO = /\((\d+)\)$/;
/** Attributes, not content: the file itself is there. */
const ATTRIBUTE = /failed to set |chown|chgrp|chmod|utimes|_acl|xattr|xal_|fake_super|mknod/;

export function parseComplaint(line: string, places: CopyPlaces): Complaint {
  const vanished = VANISHED.exec(line)?.[1];
  if (vanished !== undefined) return flaw('vanished', vanished, 'vanished', line, places);
  const unverified = VERIFICATION.exec(line)?.[1];
  if (unverified !== undefined) return flaw('changed', unverified, 'partial', line, places);
  const skipped = SKIPPED.exec(line)?.[1];
  if (skipped !== undefined) return flaw('unsupported', skipped, 'partial', line, places);
  if (REMARK.test(line)) return { kind: 'remark' };
  const [, role, words] = RSYNC.exec(line) ?? [];
  const errno = Number(ERRNO.exec(line)?.[1] ?? Number.NaN);
  if (words === undefined || Number.isNaN(errno)) return { kind: 'other' };
  const path = QUOTED.exec(words)?.[1] ?? IN_PARENTHESES.exec(words)?.[1];
  if (path === undefined) return { kind: 'other' };
  return isSender(role, path, places)
    ? sourceComplaint(words, errno, path, line, places)
    : destinationComplaint(words, errno, path, line, places);
}

/** rsync before 3.2 does not say which side speaks. */
function isSender(role: string | undefined, path: string, places: CopyPlaces): boolean {
  if (role !== undefined) return role.toLowerCase() === 'sender';
  return path.startsWith('/') && !isBelow(unescapeRsyncName(path), byteStringOfText(places.mirror));
}

function sourceComplaint(words: string, errno: number, path: string, line: string, places: CopyPlaces): Complaint {
  const atRoot = words.startsWith('change_dir ') || relativeTo(places.sourcePath, unescapeRsyncName(path)) === '';
  if (atRoot && /^(?:change_dir|opendir|link_stat)\b/.test(words)) {
    const problem =
      errno === MISSING_ERRNO ? 'missing' : errno === NOT_DIRECTORY_ERRNO ? 'not-directory' : 'unreadable';
    return { kind: 'source', problem, message: forPeople(line), error: errorTypeOfErrno(errno) ?? 'other' };
  }
  const error = errorTypeOfErrno(errno) ?? 'partial';
  return flaw(errno === MISSING_ERRNO ? 'vanished' : 'unreadable', path, error, line, places);
}

function destinationComplaint(words: string, errno: number, path: string, line: string, places: CopyPlaces): Complaint {
  const message = forPeople(line);
  const error = errorTypeOfErrno(errno) ?? 'other';
  if (FULL_ERRNOS.includes(errno)) return { kind: 'destination', problem: 'full', message, error };
  if (errno === IO_ERRNO) return { kind: 'destination', problem: 'broken', message, error };
  const readOnly = errno === 30;
  if (readOnly || (DENIED_ERRNOS.includes(errno) && !ATTRIBUTE.test(words)))
    return { kind: 'destination', problem: 'denied', message, error };
  // A name that is not there on our own side is nothing that vanished on the host.
  const own = errno === MISSING_ERRNO ? undefined : errorTypeOfErrno(errno);
  return flaw('unsupported', path, own ?? 'partial', line, places);
}

function flaw(kind: Flaw | 'vanished', printed: string, error: ErrorType, line: string, places: CopyPlaces): Complaint {
  const path = unescapeRsyncName(printed);
  const relative = relativeTo(places.sourcePath, path) ?? relativeTo(places.mirror, path) ?? path;
  return { kind: 'flaw', flaw: kind, path: relative, message: forPeople(line), error };
}

export function flawedEntryOf(complaint: Extract<Complaint, { kind: 'flaw' }>): FlawedEntry {
  return { path: textOf(complaint.path), flaw: complaint.flaw, message: complaint.message };
}

const forPeople = (line: string): string => textOf(unescapeRsyncName(line)).slice(0, 1000);

/** '' for the folder itself, undefined when the path does not lie in it. */
function relativeTo(folder: string, path: string): string | undefined {
  const root = byteStringOfText(folder).replace(/\/+$/, '');
  const plain = path.replace(/\/\.?$/, '');
  if (plain === root) return '';
  return isBelow(plain, root) ? plain.slice(root.length + 1) : undefined;
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
