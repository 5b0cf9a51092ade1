import { hookName, type HookPlan } from './hooks.js';
import type { HostPlan, ScriptPlan, SourcePlan } from '../plan.js';

/** A script that the configuration names: a file on the worker, also when it runs on a host. */
export interface NeededScript {
  readonly name: string;
  readonly scriptsDir: string;
  readonly where: 'host' | 'worker';
  /** For people: `www: pre_script`, `before_host hook`. */
  readonly usedBy: string;
}

/** A program that a hook calls by name or path. */
export interface NeededProgram {
  readonly program: string;
  readonly where: 'host' | 'worker';
  readonly usedBy: string;
}

/** Every script of a host and its sources: pre and post scripts, and hooks; not those of runs. */
export const scriptsOf = (host: HostPlan): NeededScript[] => [
  ...scriptsOfHooks(host.hooks, ''),
  ...host.sources.flatMap(({ name, preScript, postScript, hooks }) => [
    ...scriptOf(preScript, `${name}: pre_script`),
    ...scriptOf(postScript, `${name}: post_script`),
    ...scriptsOfHooks(hooks, `${name}: `),
  ]),
];

/** Every program that the commands of a host's hooks begin with. */
export const programsOf = (host: HostPlan): NeededProgram[] => [
  ...programsOfHooks(host.hooks, ''),
  ...host.sources.flatMap(({ name, hooks }) => programsOfHooks(hooks, `${name}: `)),
];

const programsOfHooks = (hooks: readonly HookPlan[] | undefined, prefix: string): NeededProgram[] =>
  (hooks ?? []).flatMap((hook) =>
    'command' in hook.run ? [{ program: hookName(hook), where: hook.where, usedBy: `${prefix}${hook.on} hook` }] : [],
  );

export const scriptsOfHooks = (hooks: readonly HookPlan[] | undefined, prefix: string): NeededScript[] =>
  (hooks ?? []).flatMap((hook) =>
    'script' in hook.run
      ? [
          {
            name: hookName(hook),
            scriptsDir: hook.run.scriptsDir,
            where: hook.where,
            usedBy: `${prefix}${hook.on} hook`,
          },
        ]
      : [],
  );

const scriptOf = (script: ScriptPlan | undefined, usedBy: string): NeededScript[] =>
  script === undefined ? [] : [{ name: script.name, scriptsDir: script.scriptsDir, where: script.runOn, usedBy }];

/** Whether something that runs on the host before a source's backup may make its directory: then a missing one is looked for again. */
export const mayBeMounted = (host: HostPlan, source: SourcePlan): boolean =>
  source.preScript !== undefined ||
  [...(host.hooks ?? []), ...(source.hooks ?? [])].some(({ on }) => on === 'before_host' || on === 'before_source');
