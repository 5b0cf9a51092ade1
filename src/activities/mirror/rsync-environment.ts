import { childEnvironment } from '../../core/child-environment.js';

/** Marks every process that writes a mirror with the mirror's path, so that one whose worker died can be found. */
export const MIRROR_MARK = 'HOLDFAST_MIRROR';

/** Without HOME: rsync would take aliases of options from ~/.popt. */
export function rsyncEnvironment(own: NodeJS.ProcessEnv, mirror?: string): Record<string, string> {
  const { HOME: _, ...environment } = childEnvironment(own);
  return { ...environment, ...(mirror === undefined ? {} : { [MIRROR_MARK]: mirror }) };
}
