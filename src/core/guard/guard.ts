/**
 * The guard before anything is deleted: what a run is about to do is compared with what the last backup had. A doubt holds the source
 * until a person approves.
 */
import type { ApprovedDoubt } from './approval.js';
import { isSameFileSystem, otherFileSystem, type FileSystemIdentity } from '../scan/file-system-identity.js';

export interface GuardInput {
  /** Entries of the last backup, the source's own directory among them; 0 when there is none. */
  readonly previousEntries: number;
  /** Entries of the source now. */
  readonly entries: number;
  /** Entries that the run would delete. */
  readonly deletions: number;
  /** Names for people, at most a hundred. */
  readonly firstDeleted: readonly string[];
  /** Deletions above this share of the last backup's entries are doubtful. 0…100. */
  readonly maxDeletePercent: number;
  /** Where the source lay for the last backup; absent: nothing is recorded of it. */
  readonly previousFileSystem?: FileSystemIdentity;
  /** Where it lies now; absent: the host cannot say. */
  readonly fileSystem?: FileSystemIdentity;
  /** Names of `marker` that are not in the source. */
  readonly missingMarkers?: readonly string[];
}

export type DoubtReason =
  /** A file system was unmounted, or another one mounted. */
  'other-file-system' | 'marker-missing' | 'source-missing' | 'source-empty' | 'too-many-deletions';

/** Why a source must wait for a person. */
export interface Doubt {
  readonly reasons: readonly DoubtReason[];
  /** What is wrong, with the figures. */
  readonly message: string;
  /** Entries that the run would delete. */
  readonly deletions: number;
  /** Their names, at most a hundred. */
  readonly firstNames: readonly string[];
  readonly fileSystem?: FileSystemIdentity;
}

/** A tree that holds nothing but its own directory. */
const EMPTY = 1;
const NAMES_IN_MESSAGE = 3;

/** All that is doubtful, together. A missing marker is doubtful at the first backup too; the rest needs one to compare with. */
export function findDoubt(look: GuardInput): Doubt | undefined {
  const hasBackup = look.previousEntries > EMPTY;
  const found = [
    hasBackup ? mountDoubt(look) : undefined,
    markerDoubt(look),
    hasBackup ? (emptyDoubt(look) ?? deletionDoubt(look)) : undefined,
  ].filter((one) => one !== undefined);
  if (found.length === 0) return undefined;
  return {
    reasons: found.map(([reason]) => reason),
    message: found.map(([, message]) => message).join('; '),
    deletions: look.deletions,
    firstNames: look.firstDeleted,
    ...(look.fileSystem === undefined ? {} : { fileSystem: look.fileSystem }),
  };
}

/**
 * Whether a person who approved one doubt has approved this one: for the same reasons, with no more deletions, on the same file system. What was not
 * looked at when it was approved (a missing source) is not approved.
 */
export function isCovered(doubt: Doubt, approved: ApprovedDoubt): boolean {
  return (
    doubt.reasons.every((reason) => approved.reasons.includes(reason)) &&
    doubt.deletions <= approved.deletions &&
    (!doubt.reasons.includes('other-file-system') || isSamePlace(doubt.fileSystem, approved.fileSystem))
  );
}

const isSamePlace = (one: FileSystemIdentity | undefined, other: FileSystemIdentity | undefined): boolean =>
  one !== undefined && other !== undefined && isSameFileSystem(one, other);

/** Of a source that is not there although it was backed up. No approval passes it: there is nothing to read. */
export const sourceMissingMessage = (previousEntries: number): string =>
  `the source is missing, the last backup had ${previousEntries} entries`;

/**
 * The most deletions that a run may make although the source goes on changing after it was looked at; for `--max-delete`. Undefined: no
 * limit, since there was no backup before.
 */
export function deletionAllowance(
  look: Pick<GuardInput, 'previousEntries' | 'deletions' | 'maxDeletePercent'>,
  approved: boolean,
): number | undefined {
  if (look.previousEntries <= EMPTY) return undefined;
  const allowed = Math.floor((look.previousEntries * look.maxDeletePercent) / 100);
  return approved ? Math.max(allowed, look.deletions) : allowed;
}

type Found = readonly [DoubtReason, string];

function mountDoubt({ previousFileSystem, fileSystem }: GuardInput): Found | undefined {
  if (previousFileSystem === undefined || fileSystem === undefined) return undefined;
  const difference = otherFileSystem(previousFileSystem, fileSystem);
  return difference === undefined ? undefined : ['other-file-system', difference];
}

function markerDoubt({ missingMarkers = [] }: GuardInput): Found | undefined {
  if (missingMarkers.length === 0) return undefined;
  return [
    'marker-missing',
    `${missingMarkers.join(', ')} of marker is not in the source (is its file system mounted?)`,
  ];
}

function emptyDoubt({ entries, previousEntries }: GuardInput): Found | undefined {
  if (entries > EMPTY) return undefined;
  const had = `the last backup had ${previousEntries} entries`;
  return ['source-empty', `the source is empty, ${had} (is its file system mounted?)`];
}

function deletionDoubt(look: GuardInput): Found | undefined {
  const { deletions, previousEntries, maxDeletePercent, firstDeleted } = look;
  // Whole numbers on both sides: exactly at the limit is no doubt.
  if (deletions * 100 <= previousEntries * maxDeletePercent) return undefined;
  const percent = Math.round((deletions * 1000) / previousEntries) / 10;
  const names = firstDeleted.slice(0, NAMES_IN_MESSAGE).join(', ');
  const more = deletions > NAMES_IN_MESSAGE ? ', …' : '';
  const message =
    `${deletions} of ${previousEntries} entries would be deleted (${percent} %), ` +
    `max_delete allows ${maxDeletePercent} %${names === '' ? '' : `: ${names}${more}`}`;
  return ['too-many-deletions', message];
}
