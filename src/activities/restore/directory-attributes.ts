import { join } from 'node:path';
import { parseAttributeDump } from '../../core/restore/attribute-dump.js';
import type { ActivityControl } from '../activity-control.js';
import type { Repository, RepositoryAccess } from '../archive/open-repository.js';
import { withStorage } from '../archive/with-storage.js';
import { judgeUnpacking } from './judge-unpacking.js';
import { batchesOf, nulList, readNames } from './name-lists.js';
import type { RestoreRecord } from './restore-spool.js';
import { change } from './target-changes.js';
import { unpack, type UnpackPlace } from './unpack.js';
import { withVerifiedObject } from './verified-object.js';

/** Gives directories the attributes that the backup recorded, from each level's shard of directories. */
export async function applyDirectoryAttributes(
  place: UnpackPlace,
  control: ActivityControl,
  spool: string,
  record: RestoreRecord,
  access: RepositoryAccess,
): Promise<void> {
  const work = async (storage: Repository): Promise<void> => {
    for (const [number, part] of record.directories.entries()) {
      const names = await readNames(spool, part.names);
      const what = `set attributes of directories in ${record.target.path}`;
      await clearAttributes(place, control, names);
      await withVerifiedObject(storage, part, join(spool, `directories-${number}`), control.signal, async (object) => {
        const result = await unpack(place, control, { what, object, names, overwrite: true });
        await judgeUnpacking(spool, part, place.runner.machine, what, result);
      });
    }
  };
  await withStorage(place.providers, record.source.destination, work, access);
}

/** tar sets extended attributes and removes none: those that a directory of the target has beyond the backup's must go first. */
async function clearAttributes(place: UnpackPlace, control: ActivityControl, names: readonly string[]): Promise<void> {
  const { runner, target } = place;
  if (!target.tools.includes('getfattr') || !target.tools.includes('setfattr')) return;
  const changes = { runner, target, signal: control.signal };
  const own = names.map((name) => (name === '' ? '.' : name));
  for (const list of batchesOf(own)) {
    const look = 'cd -- "$HOLDFAST_TARGET" && xargs -0 -r getfattr -h -m - -- <"$HOLDFAST_LIST"';
    const dump = await change(changes, `read extended attributes in ${target.path}`, look, list);
    const surplus = parseAttributeDump(dump.toString('latin1'))
      .filter(({ name }) => isOurs(name, target.root))
      .flatMap(({ name, path }) => [name, path]);
    if (surplus.length === 0) continue;
    const remove = `cd -- "$HOLDFAST_TARGET" && xargs -0 -r -n 2 sh -c 'setfattr -h -x "$1" -- "$2"' sh <"$HOLDFAST_LIST"`;
    await change(changes, `remove extended attributes in ${target.path}`, remove, nulList(surplus));
  }
}

/** Access lists and SELinux's labels are set or reset by other means. */
function isOurs(name: string, root: boolean): boolean {
  if (name.startsWith('user.')) return true;
  return root && (name.startsWith('trusted.') || name.startsWith('security.')) && name !== 'security.selinux';
}
