import type { HostPlan, SourcePlan } from '../core/plan.js';
import type { ValuePath } from './problems.js';
import type { Resolution } from './resolution.js';

/** Reports what a host with `rsync_only` cannot do: all that would be a command there. */
export function reportBeyondRsync(
  { hooks = [], sources }: { readonly hooks: HostPlan['hooks']; readonly sources: readonly SourcePlan[] },
  hostPath: ValuePath,
  resolution: Resolution,
): void {
  if (hooks.some(({ where }) => where === 'host'))
    resolution.report([...hostPath, 'hooks'], `its hooks run on the host, which has rsync_only; ${INSTEAD}`, 'key');
  for (const [index, source] of sources.entries()) {
    for (const what of beyondRsync(source))
      resolution.report([...hostPath, 'paths', index], `${what} on a host that has rsync_only; ${INSTEAD}`);
  }
}

const INSTEAD = 'take it out, or rsync_only';

function beyondRsync({
  engine,
  dump,
  freeze,
  hooks = [],
  preScript,
  postScript,
  markers,
  filters,
}: SourcePlan): string[] {
  const onHost = [preScript, postScript].some((script) => script?.runOn === 'host');
  return [
    ...(dump === undefined ? [] : ['a dump is a command']),
    ...(engine === 'archive' && dump === undefined ? ['engine: archive needs tar'] : []),
    ...(freeze === undefined ? [] : ['freeze is a command']),
    ...(onHost ? ['a script runs'] : []),
    ...(hooks.some(({ where }) => where === 'host') ? ['a hook runs'] : []),
    ...(markers === undefined ? [] : ['a marker is looked for']),
    ...(filters !== undefined && needsFind(filters) ? ['a filter needs find'] : []),
  ];
}

/** rsync knows one file system by itself; everything else is found on the host. */
const needsFind = (filters: NonNullable<SourcePlan['filters']>): boolean =>
  Object.entries(filters).some(([name, value]) => name !== 'oneFileSystem' && value !== undefined && value !== false);
