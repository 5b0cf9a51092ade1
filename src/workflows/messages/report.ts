/** The Workflow that reports read the catalog with. See messages.ts. */
import type { ReadReportInput, ReadReportResult } from '../../activities/contract.js';

export type ReadReportWorkflowInput = ReadReportInput;
export type ReadReportWorkflowResult = ReadReportResult;
