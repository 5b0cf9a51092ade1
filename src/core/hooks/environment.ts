import type { Failure } from '../failures.js';
import type { HookEvent } from './hooks.js';
import type { Status } from '../statuses.js';
import { oneLine } from '../entries/visible-text.js';

/** What is known when a hook runs. */
export interface HookFacts {
  readonly run: { readonly workflowId: string; readonly runId: string };
  /** Name of the run: a schedule's, or what was asked for. */
  readonly plan?: string;
  readonly host?: string;
  readonly source?: string;
  /** The source's directory on its host. */
  readonly path?: string;
  readonly engine?: string;
  readonly destination?: string;
  readonly backupId?: string | undefined;
  readonly status?: Status | undefined;
  readonly failure?: Failure | undefined;
  /** Of a restore. */
  readonly target?: {
    /** Undefined: a directory of a worker's machine. */
    readonly host?: string;
    readonly path: string;
    /** The source's own place. */
    readonly inPlace: boolean;
  };
}

/** More than this of a failure's message does no good in an environment. */
const ERROR_CHARACTERS = 2_000;

/**
 * A hook's variables, the same for every event: what is not known is empty, so that `set -u` does no harm. Values may come from hosts: they are
 * for the environment only, never for words of a command.
 */
export function hookEnvironment(event: HookEvent, facts: HookFacts): Record<string, string> {
  const { run, failure, target } = facts;
  return {
    HOLDFAST_HOOK: event,
    HOLDFAST_RUN_ID: run.runId,
    HOLDFAST_WORKFLOW_ID: run.workflowId,
    HOLDFAST_PLAN: facts.plan ?? '',
    HOLDFAST_HOST: facts.host ?? '',
    HOLDFAST_SOURCE: facts.source ?? '',
    HOLDFAST_PATH: facts.path ?? '',
    HOLDFAST_ENGINE: facts.engine ?? '',
    HOLDFAST_DESTINATION: facts.destination ?? '',
    HOLDFAST_BACKUP_ID: facts.backupId ?? '',
    HOLDFAST_STATUS: facts.status ?? '',
    HOLDFAST_ERROR_TYPE: failure?.type ?? '',
    HOLDFAST_ERROR: oneLine(failure?.message ?? '').slice(0, ERROR_CHARACTERS),
    HOLDFAST_TARGET_HOST: target?.host ?? '',
    HOLDFAST_TARGET_PATH: target?.path ?? '',
    HOLDFAST_IN_PLACE: target === undefined ? '' : target.inPlace ? '1' : '0',
    // No hook runs in a dry run; scripts that are shared with other tools may ask.
    HOLDFAST_DRY_RUN: '0',
  };
}
