import type { ActivityControl } from '../activity-control.js';
import type { OpenMirror } from './open-mirror.js';
import { endProcessGroup, groupsMarked } from './process-group.js';
import { MIRROR_MARK } from './rsync-environment.js';

/**
 * An rsync whose worker was killed may still be writing: it is ended before another one starts. Only an unfinished mirror can have one.
 */
export async function endLeftoverWriters({ before, paths }: OpenMirror, control: ActivityControl): Promise<void> {
  const finished = before.kind === 'absent' || (before.kind === 'known' && before.state.state === 'committed');
  if (finished) return;
  const groups = await groupsMarked(MIRROR_MARK, paths.mirror);
  for (const group of groups) {
    control.log('warn', 'An rsync left over from an earlier attempt is ended', { mirror: paths.mirror, group });
    await endProcessGroup(group);
  }
}
