import type { Failure } from '../failures.js';
import { worstStatus, type Status } from '../statuses.js';

/** What a hook may stand at; in the order in which a run comes to them. */
export const HOOK_EVENTS = [
  'before_run',
  'before_host',
  'before_source',
  'before_snapshot',
  'after_snapshot',
  'after_source',
  'after_host',
  'after_run',
  'before_restore',
  'after_restore',
  'on_error',
] as const;
export type HookEvent = (typeof HOOK_EVENTS)[number];

/** Where the configuration has hooks. */
export type HookPlace = 'config' | 'host' | 'path';

/** What a hook is run for, once each. */
export type HookSubject = 'run' | 'host' | 'source';

/** A hook at one event: one of the configuration with several events is as many plans. */
export interface HookPlan {
  readonly on: HookEvent;
  readonly run:
    | { /** NAME or NAME.sh in `scriptsDir` on the worker. */ readonly script: string; readonly scriptsDir: string }
    | { /** A program and its words; no shell. */ readonly command: readonly string[] };
  readonly where: 'host' | 'worker';
  readonly timeoutMs: number;
  readonly onFailure: 'fail' | 'warn' | 'ignore';
  /** `after_*` only: run when what it stands after ended so; undefined: in any case. */
  readonly only?: readonly Status[];
}

/** For people: the script's name, or the program. */
export const hookName = ({ run }: Pick<HookPlan, 'run'>): string =>
  'script' in run ? run.script : (run.command[0] ?? '');

export const standsBefore = (event: HookEvent): boolean => event.startsWith('before_');

/** What a hook that is written there is run for; undefined: that event cannot be written there. */
export function subjectOfHook(event: HookEvent, place: HookPlace): HookSubject | undefined {
  switch (event) {
    case 'before_run':
    case 'after_run':
      return place === 'config' ? 'run' : undefined;
    case 'before_host':
    case 'after_host':
      return place === 'path' ? undefined : 'host';
    case 'on_error':
      return ({ config: 'run', host: 'host', path: 'source' } as const)[place];
    default:
      return 'source';
  }
}

/**
 * The hooks of one event in the order in which they run. `hooks` come from the outside in (config, host, path; each list from its top). Those
 * before run so, all others the other way round. Between a host's hooks on the worker and those on the host itself lies the first look at it.
 */
export function hooksAt(hooks: readonly HookPlan[], event: HookEvent): readonly HookPlan[] {
  const given = hooks.filter(({ on }) => on === event);
  const nearHost = (hook: HookPlan): boolean => hook.where === 'host';
  const ordered =
    event === 'before_host' || event === 'after_host'
      ? [...given.filter((hook) => !nearHost(hook)), ...given.filter(nearHost)]
      : given;
  return standsBefore(event) ? ordered : [...ordered].reverse();
}

/** Whether an `after_*` hook takes this ending. */
export const takesStatus = ({ only }: Pick<HookPlan, 'only'>, status: Status): boolean =>
  only === undefined || only.includes(status);

/** A hook that did not do what it should. */
export interface FailedHook {
  readonly on: HookEvent;
  readonly onFailure: HookPlan['onFailure'];
  readonly failure: Failure;
}

/**
 * An ending after its hooks: one with `fail` makes it `failed`, one with `warn` makes what was `ok` a `warning`. What the hook made worse carries
 * the hook's failure. A snapshot is not the backup: a failed hook of it is never more than a warning.
 */
export function withFailedHooks<Ending extends { readonly status: Status; readonly failure?: Failure }>(
  ending: Ending,
  failed: readonly FailedHook[],
): Ending {
  return failed.reduce((now, hook) => {
    const status = worstStatus([now.status, ...statusOfFailed(hook, now.status)]);
    return status === now.status ? now : { ...now, status, failure: hook.failure };
  }, ending);
}

function statusOfFailed({ on, onFailure, failure }: FailedHook, now: Status): Status[] {
  // A cancelled hook is part of a cancelled run.
  if (onFailure === 'ignore' || failure.type === 'Cancelled') return [];
  const mild = onFailure === 'warn' || on === 'before_snapshot' || on === 'after_snapshot';
  if (!mild) return ['failed'];
  return now === 'ok' ? ['warning'] : [];
}
