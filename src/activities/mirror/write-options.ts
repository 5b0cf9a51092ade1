import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readPathOf } from '../../core/plan.js';
import type { InPlace } from '../../core/rsync/options.js';
import { isStray, readRsyncWords } from '../../core/rsync/option-words.js';
import { sparseScript } from '../../core/rsync/sparse-script.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { runWhole } from '../restore/run-script.js';
import type { OpenMirror } from './open-mirror.js';

/** How a mirror's files are written, as far as the mirror and the source decide it. */
export interface WriteOptions {
  readonly inPlace?: InPlace;
  /** Holes stay holes. */
  readonly sparse: boolean;
}

/** f_type of statfs(2). */
const BTRFS = 0x9123683e;
const XFS = 0x58465342;

/**
 * In place, once there is something to share with. Whether holes are looked after is asked of the host where it costs something: in a first copy 0.6 s
 * of processor time for each gigabyte, and in place up to 256 KiB of blocks that are written anew around each change instead of 12 KiB.
 */
export async function writeOptionsOf(
  providers: Providers,
  control: ActivityControl,
  mirror: OpenMirror,
): Promise<WriteOptions> {
  const { before } = mirror;
  const isFirst = before.kind === 'absent' || (before.kind === 'known' && before.state.last === undefined);
  const inPlace = isFirst ? {} : await inPlaceOf(mirror);
  // Where only rsync may run nobody can be asked: then holes are looked after, whatever that costs.
  const asks = mirror.host.rsyncOnly !== true && (isFirst || inPlace.inPlace === 'wanted');
  return { ...inPlace, sparse: asks ? await hasHoles(providers, control, mirror) : true };
}

/** False also when the configuration itself says what becomes of holes. */
async function hasHoles(providers: Providers, control: ActivityControl, mirror: OpenMirror): Promise<boolean> {
  const { host, source } = mirror;
  if (readRsyncWords(source.rsyncOptions).some((read) => !isStray(read) && read.name === 'sparse')) return false;
  const path = readPathOf(source);
  const job = { what: `look for files with holes in ${path}`, body: sparseScript(path), signal: control.signal };
  const { output } = await runWhole(providers.runnerFor(host), job);
  return output.toString('latin1').trim() !== '';
}

async function inPlaceOf({ source: { snapshots }, paths }: OpenMirror): Promise<{ readonly inPlace?: InPlace }> {
  const type = await fileSystemTypeOf(paths.mirror);
  const method = snapshots?.method;
  // What other programs snapshot shares its blocks too.
  const shares = type === BTRFS || (type === XFS && (method === 'auto' || method === 'reflink'));
  if (method === 'hardlink' || (method === 'auto' && !shares)) return { inPlace: 'forbidden' };
  return shares ? { inPlace: 'wanted' } : {};
}

async function fileSystemTypeOf(path: string): Promise<number | undefined> {
  try {
    return (await statfs(path)).type;
  } catch {
    const parent = dirname(path);
    return parent === path ? undefined : fileSystemTypeOf(parent);
  }
}
