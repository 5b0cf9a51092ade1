import { standsBefore, subjectOfHook, type HookEvent, type HookPlan, type HookSubject } from '../core/hooks/hooks.js';
import type { ValuePath } from './problems.js';
import type { Layer } from './inheritance.js';
import type { Resolution } from './resolution.js';
import { defined } from './resolve-destinations.js';
import type { HookEntry } from './schema/hooks.js';
import { durationMs, durationWord } from './units.js';

interface HasHooks {
  readonly hooks?: readonly HookEntry[] | undefined;
}

export interface HookContext {
  readonly resolution: Resolution;
  readonly scriptsDir: string;
}

const TIMEOUT = '10m';

/**
 * The hooks for one run, host or source, from the outside in, recorded for `config show` as what they have become; undefined when there are
 * none. `layers`: nearest first, as for other settings.
 */
export function hooksFor(
  subject: HookSubject,
  layers: readonly Layer<HasHooks>[],
  at: ValuePath,
  { resolution, scriptsDir }: HookContext,
): readonly HookPlan[] | undefined {
  const given = [...layers].reverse().flatMap(({ entry, path, place }) => {
    const plans = (entry.hooks ?? []).flatMap((hook) => plansOf(hook, place, subject, scriptsDir));
    const inheritedFrom = place === layers[0]?.place || place === 'path' ? undefined : place;
    return plans.length === 0 ? [] : [{ plans, origin: resolution.originOf([...path, 'hooks'], inheritedFrom) }];
  });
  if (given.length === 0) return undefined;
  const plans = given.flatMap((one) => one.plans);
  resolution.record([...at, 'hooks'], plans.map(shownHook), ...given.map(({ origin }) => origin));
  return plans;
}

function plansOf(
  entry: HookEntry,
  place: Layer<unknown>['place'],
  subject: HookSubject,
  scriptsDir: string,
): HookPlan[] {
  const { run: script, command } = entry;
  if ((script === undefined) === (command === undefined)) return [];
  const run = script === undefined ? { command: command ?? [] } : { script, scriptsDir };
  return eventsOf(entry)
    .filter((on) => subjectOfHook(on, place) === subject)
    .map((on) =>
      defined<HookPlan>({
        on,
        run,
        where: entry.where ?? (subject === 'run' ? 'worker' : 'host'),
        timeoutMs: durationMs(entry.timeout ?? TIMEOUT) ?? 0,
        onFailure: entry.on_failure ?? (standsBefore(on) ? 'fail' : 'warn'),
        only: entry.only,
      }),
    );
}

/** In the file's own words. */
const shownHook = ({ on, run, where, timeoutMs, onFailure, only }: HookPlan): object => ({
  on,
  ...('script' in run ? { run: run.script } : { command: run.command }),
  where,
  timeout: durationWord(timeoutMs),
  on_failure: onFailure,
  ...(only === undefined ? {} : { only }),
});

const eventsOf = ({ on }: HookEntry): readonly HookEvent[] => [...new Set(typeof on === 'string' ? [on] : on)];

/** What the parts of the hooks of one place say of each other, and of where they stand. */
export function reportHooks({ entry, path, place }: Layer<HasHooks>, resolution: Resolution): void {
  entry.hooks?.forEach((hook, index) => {
    const at = [...path, 'hooks', index];
    const events = eventsOf(hook);
    reportWork(hook, at, resolution);
    const astray = events.find((event) => subjectOfHook(event, place) === undefined);
    if (astray !== undefined) resolution.report([...at, 'on'], elsewhere(astray, place));
    const ofRun = events.find((event) => subjectOfHook(event, place) === 'run');
    if (hook.where === 'host' && ofRun !== undefined)
      resolution.report([...at, 'where'], `${ofRun} is of a run, which has no host of its own; write worker`);
    const early = events.find((event) => !event.startsWith('after_'));
    if (hook.only !== undefined && early !== undefined)
      resolution.report([...at, 'only'], `it goes with after_* alone, not with ${early}; remove it`, 'key');
  });
}

function reportWork({ run, command }: HookEntry, at: ValuePath, resolution: Resolution): void {
  if (run === undefined && command === undefined)
    resolution.report(at, 'nothing says what to run; write run: NAME, or command: [PROGRAM, WORD]', 'key');
  if (run !== undefined && command !== undefined)
    resolution.report(at, 'run and command stand here both; write one of them', 'key');
}

const elsewhere = (event: HookEvent, place: Layer<unknown>['place']): string =>
  event.endsWith('_run')
    ? `${event} is of a run, not of a ${place}; write the hook under config`
    : `${event} is of a host, not of a path; write the hook under the host or config`;
