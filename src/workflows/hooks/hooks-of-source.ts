import { Hooks } from './hooks.js';
import type { SourceRun } from '../backup/source-run.js';

/** A source's run with its hooks, and without them in what its other steps get. */
export function withHooks(given: SourceRun): { readonly run: SourceRun; readonly hooks: Hooks } {
  const { hooks: _ofHost, ...host } = given.host;
  const { hooks: plans = [], ...source } = given.source;
  const hooks = new Hooks({
    hooks: plans,
    machine: () => host,
    facts: {
      run: given.run,
      host: host.name,
      source: source.name,
      path: source.path,
      engine: source.engine,
      destination: source.destination.name,
    },
    dryRun: given.options.dryRun,
    tell: () => given.tell({ step: 'hooks' }),
  });
  return { run: { ...given, host, source, hooks }, hooks };
}
