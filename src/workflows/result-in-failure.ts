import { ApplicationFailure, ChildWorkflowFailure } from '@temporalio/common';

/** The result that `conclude` put into a failed run's failure; `kind` tells it from other details. */
export function resultInFailure<Result extends { readonly kind: string }>(
  error: unknown,
  kind: Result['kind'],
): Result | undefined {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return undefined;
  const detail = cause.details?.[0];
  return hasKind<Result>(detail, kind) ? detail : undefined;
}

const hasKind = <Result extends { readonly kind: string }>(value: unknown, kind: string): value is Result =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
