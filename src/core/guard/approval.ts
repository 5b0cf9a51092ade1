import type { Doubt } from './guard.js';

/** As much of a doubt as an approval is measured by: the look is made again, and must not be worse. */
export type ApprovedDoubt = Omit<Doubt, 'message' | 'firstNames'>;

/** What a person said of a held source. */
export interface Approval {
  readonly source: string;
  /** Who: `user@machine`. */
  readonly by: string;
  readonly reason?: string;
  /** What was known when it was approved; absent (the source was missing, or lost more while it was read): it is looked at again, no more. */
  readonly doubt?: ApprovedDoubt;
}

export const approvedBy = ({ by, reason }: Pick<Approval, 'by' | 'reason'>): string =>
  reason === undefined ? by : `${by} (${reason})`;

export const approvedDoubt = ({ reasons, deletions, fileSystem }: Doubt): ApprovedDoubt => ({
  reasons,
  deletions,
  ...(fileSystem === undefined ? {} : { fileSystem }),
});
