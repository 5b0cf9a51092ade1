import { childEnvironment } from '../../core/child-environment.js';

/** Marks every process that writes a mirror with the mirror's path, so that one whose worker died can be found. */
export const MIRROR_MARK = 'HOLDFAST_MIRROR';

export const rsyncEnvironment = (own: NodeJS.ProcessEnv, mirror?: string): Record<string, string> => ({
  ...childEnvironment(own),
  ...(mirror === undefined ? {} : { [MIRROR_MARK]: mirror }),
});
