/**
 * The guard before anything is deleted: what a run is about to do is compared with what the last backup had. A doubt holds the source
 * until a person approves.
 */
export interface GuardInput {
  /** Entries of the last backup, the source's own directory among them; 0 when there is none. */
  readonly previousEntries: number;
  /** Entries of the source now. */
  readonly entries: number;
  /** Entries that the run would delete. */
  readonly deletions: number;
  /** Names for the message, at most a few hundred. */
  readonly firstDeleted: readonly string[];
  /** Deletions above this share of the last backup's entries are doubtful. 0…100. */
  readonly maxDeletePercent: number;
  readonly sourceState?: 'directory' | 'missing' | 'not-directory' | 'unreadable';
}

export interface Doubt {
  readonly reason: 'source-missing' | 'source-empty' | 'too-many-deletions';
  /** What is wrong, with the figures. */
  readonly message: string;
  readonly firstNames: readonly string[];
}

/** A tree that holds nothing but its own directory. */
const EMPTY = 1;
const NAMES_IN_MESSAGE = 3;

export function findDoubt(look: GuardInput): Doubt | undefined {
  if (look.previousEntries <= EMPTY) return undefined;
  return sourceDoubt(look) ?? deletionDoubt(look);
}

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

function sourceDoubt(look: GuardInput): Doubt | undefined {
  const had = `the last backup had ${look.previousEntries} entries`;
  if (look.sourceState === 'missing')
    return { reason: 'source-missing', message: `the source is missing, ${had}`, firstNames: [] };
  if (look.entries <= EMPTY) {
    const message = `the source is empty, ${had} (is its file system mounted?)`;
    return { reason: 'source-empty', message, firstNames: look.firstDeleted };
  }
  return undefined;
}

function deletionDoubt(look: GuardInput): Doubt | undefined {
  const { deletions, previousEntries, maxDeletePercent, firstDeleted } = look;
  // Whole numbers on both sides: exactly at the limit is no doubt.
  if (deletions * 100 <= previousEntries * maxDeletePercent) return undefined;
  const percent = Math.round((deletions * 1000) / previousEntries) / 10;
  const names = firstDeleted.slice(0, NAMES_IN_MESSAGE).join(', ');
  const more = deletions > NAMES_IN_MESSAGE ? ', …' : '';
  const message =
    `${deletions} of ${previousEntries} entries would be deleted (${percent} %), ` +
    `max_delete allows ${maxDeletePercent} %${names === '' ? '' : `: ${names}${more}`}`;
  return { reason: 'too-many-deletions', message, firstNames: firstDeleted };
}
