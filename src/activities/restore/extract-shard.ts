import { join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { accessOf } from '../archive/open-repository.js';
import { withStorage } from '../archive/with-storage.js';
import type { ExtractShardInput, ExtractShardResult } from '../contract.js';
import { extractLinks, groupByFirst } from './extract-links.js';
import { judgeUnpacking } from './judge-unpacking.js';
import { readNames } from './name-lists.js';
import { readRecord } from './restore-spool.js';
import { targetRunner } from './target-machine.js';
import { unpack } from './unpack.js';
import { withVerifiedObject } from './verified-object.js';

/**
 * Unpacks one shard's wanted members into the target; done again, it does the same. Throws ObjectMissing or ObjectDamaged before anything of
 * the shard is unpacked, RestoreTargetFull, RestoreTargetInvalid. What could not be restored entry by entry is kept for the report.
 */
export async function extractShard(
  providers: Providers,
  control: ActivityControl,
  { plan, part: number, request }: ExtractShardInput,
): Promise<ExtractShardResult> {
  const record = await readRecord(plan.spool);
  const part = record.contents[number];
  if (part === undefined) throw new HoldfastError('InternalError', `the restore has no part ${number}`);
  const names = part.names === '' ? [] : await readNames(plan.spool, part.names);
  const links = part.links === '' ? [] : groupByFirst(await readNames(plan.spool, part.links));
  const runner = targetRunner(providers, record.targetHost);
  const place = { providers, runner, target: record.target };
  const what = `unpack shard ${part.shard} of backup ${part.backupId} into ${record.target.path}`;
  const copy = join(plan.spool, `object-${number}`);
  await withStorage(
    providers,
    record.source.destination,
    (storage) =>
      withVerifiedObject(storage, part, copy, control.signal, async (object) => {
        if (names.length > 0) {
          const result = await unpack(place, control, { what, object, names });
          await judgeUnpacking(plan.spool, part, runner.machine, what, result);
        }
        if (links.length > 0) await extractLinks(place, control, plan.spool, part, { what, object, links });
      }),
    accessOf(record.source.destination, request),
  );
  return { entries: names.length + links.reduce((sum, link) => sum + link.names.length, 0), bytesRead: part.sizeBytes };
}
