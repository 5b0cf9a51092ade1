/** Workflows that read what backups hold. See messages.ts. */
import type {
  DiffBackupsInput,
  DiffBackupsResult,
  FindFilesInput,
  FindFilesResult,
  ListFilesInput,
  ListFilesResult,
} from '../../activities/contract.js';

export type ListFilesWorkflowInput = ListFilesInput;
export type ListFilesWorkflowResult = ListFilesResult;
export type FindFilesWorkflowInput = FindFilesInput;
export type FindFilesWorkflowResult = FindFilesResult;
export type DiffBackupsWorkflowInput = DiffBackupsInput;
export type DiffBackupsWorkflowResult = DiffBackupsResult;
