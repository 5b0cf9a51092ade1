import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure } from '@temporalio/common';
import type { FailureEvidence } from '../core/errors/evidence.js';

/** What the Activity that failed said beside its failure; undefined: nothing, or its worker was older. */
export function evidenceOfActivity(error: unknown): FailureEvidence | undefined {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return evidenceOfActivity(error.cause);
  if (!(error instanceof ApplicationFailure)) return undefined;
  const detail: unknown = error.details?.[1];
  return isEvidence(detail) ? detail : undefined;
}

const isEvidence = (detail: unknown): detail is FailureEvidence =>
  typeof detail === 'object' && detail !== null && 'lines' in detail && Array.isArray(detail.lines);
