import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAKE_LARGE_FILES, PLACE_LARGE_FILES, REMOVE_LARGE_FILES } from '../../core/extents/restore-script.js';
import { parseUnpackingComplaint } from '../../core/restore/tar-complaints.js';
import { saidLine } from '../../core/scan/script.js';
import { quote } from '../../core/shell-quoting.js';
import type { ActivityControl } from '../activity-control.js';
import type { Repository, RepositoryAccess } from '../archive/open-repository.js';
import { withStorage } from '../archive/with-storage.js';
import { scratchName } from './extract-links.js';
import { judgeUnpacking } from './judge-unpacking.js';
import { readLargeFiles } from './large-files.js';
import { batchesOf, nulList, readNames } from './name-lists.js';
import { LISTS, type RestoreRecord } from './restore-spool.js';
import { runWhole } from './run-script.js';
import { change, type TargetChanges } from './target-changes.js';
import { assertTargetStep } from './target-failures.js';
import { unpack, type UnpackPlace } from './unpack.js';
import { withVerifiedObject } from './verified-object.js';

/** Makes the files that extents are written into, beside those that they will replace. */
export async function makeLargeFiles(changes: TargetChanges, spool: string): Promise<void> {
  const pairs = (await readLargeFiles(spool)).flatMap(({ temporary, sizeBytes }) => [temporary, String(sizeBytes)]);
  if (pairs.length === 0) return;
  await change(changes, `make large files in ${changes.target.path}`, MAKE_LARGE_FILES, nulList(pairs));
}

/** Removes them again; those that were put in place stay. */
export async function removeLargeFiles(changes: TargetChanges, spool: string): Promise<void> {
  const names = (await readLargeFiles(spool)).map(({ temporary }) => `./${temporary}`);
  const what = `remove unfinished large files from ${changes.target.path}`;
  for (const list of batchesOf(names)) await change(changes, what, REMOVE_LARGE_FILES, list);
}

/** Gives complete large files the attributes of their skeletons, and puts them in place. Done again, it does the same. */
export async function placeLargeFiles(
  place: UnpackPlace,
  control: ActivityControl,
  spool: string,
  record: RestoreRecord,
  access: RepositoryAccess,
): Promise<void> {
  const files = await readLargeFiles(spool);
  if (files.length === 0) return;
  const { runner, target } = place;
  const scratch = `${scratchName(spool)}/skeletons`;
  await unpackSkeletons(place, control, spool, record, scratch, access);
  const what = `set attributes of large files in ${target.path}`;
  const fields = files.flatMap(({ path, temporary, mtime, uid, gid, mode }) => [
    path,
    temporary,
    path,
    mtime,
    `${uid}:${gid}`,
    mode,
  ]);
  const { result } = await runWhole(runner, {
    what,
    body: PLACE_LARGE_FILES,
    list: nulList(fields),
    environment: { HOLDFAST_TARGET: target.path, HOLDFAST_SKELETONS: scratch },
    signal: control.signal,
  });
  const read = (line: string) => parseUnpackingComplaint(saidLine(line) ?? '');
  const isAttribute = (line: string): boolean => {
    const complaint = read(line);
    return typeof complaint === 'object' && complaint.kind === 'attribute';
  };
  assertTargetStep(what, runner.machine, {
    ...result,
    stderrLines: result.stderrLines.filter((line) => !isAttribute(line)),
  });
  const complaints = result.stderrLines.filter(isAttribute).map((line) => `${JSON.stringify(read(line))}\n`);
  if (complaints.length > 0) await appendFile(join(spool, LISTS.complaints), complaints.join(''));
}

async function unpackSkeletons(
  place: UnpackPlace,
  control: ActivityControl,
  spool: string,
  record: RestoreRecord,
  scratch: string,
  access: RepositoryAccess,
): Promise<void> {
  const work = async (storage: Repository): Promise<void> => {
    for (const [number, part] of (record.skeletons ?? []).entries()) {
      const names = await readNames(spool, part.names);
      const what = `unpack attributes of large files in ${record.target.path}`;
      const before = `mkdir -p -- ${quote(scratch)} || exit 1`;
      await withVerifiedObject(storage, part, join(spool, `skeletons-${number}`), control.signal, async (object) => {
        const result = await unpack(place, control, { what, object, names, before, into: quote(scratch) });
        await judgeUnpacking(spool, part, place.runner.machine, what, result);
      });
    }
  };
  await withStorage(place.providers, record.source.destination, work, access);
}
