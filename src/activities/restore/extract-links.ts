import { basename } from 'node:path';
import { quote } from '../../core/shell-quoting.js';
import type { ActivityControl } from '../activity-control.js';
import type { StoredFile } from '../archive/open-object.js';
import { judgeUnpacking } from './judge-unpacking.js';
import { nulList } from './name-lists.js';
import type { RestorePart } from './restore-spool.js';
import { runWhole } from './run-script.js';
import { assertTargetStep } from './target-failures.js';
import { unpack, type UnpackPlace } from './unpack.js';

/** Names of one file that are wanted, while the name under which the shard holds its content is not. */
export interface LinkedNames {
  readonly first: string;
  readonly names: readonly string[];
}

/** From a list of pairs `first, name, first, name…`. */
export function groupByFirst(pairs: readonly string[]): LinkedNames[] {
  const groups = new Map<string, string[]>();
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const [first, name] = pairs.slice(i, i + 2) as [string, string];
    const names = groups.get(first) ?? [];
    names.push(name);
    groups.set(first, names);
  }
  return [...groups].map(([first, names]) => ({ first, names }));
}

/** Directory below the target, on its file system, for content that has to be unpacked under another name first. */
export const scratchName = (spool: string): string => `.holdfast-${basename(spool)}`;

/** Unpacks each first name into the scratch directory and hard-links the wanted names to it. */
export async function extractLinks(
  place: UnpackPlace,
  control: ActivityControl,
  spool: string,
  part: RestorePart,
  job: { readonly what: string; readonly object: StoredFile; readonly links: readonly LinkedNames[] },
): Promise<void> {
  const { runner, target } = place;
  const scratch = quote(`${scratchName(spool)}/${part.backupId}-${part.shard}`);
  const names = job.links.map((link) => link.first);
  const before = `rm -rf -- ${scratch} && mkdir -p -- ${scratch} || exit 1`;
  const result = await unpack(place, control, { ...job, names, before, into: scratch });
  await judgeUnpacking(spool, part, runner.machine, job.what, result);
  const what = `make hard links in ${target.path}`;
  const pairs = job.links.flatMap((link) => link.names.flatMap((name) => [link.first, name]));
  const { result: linked } = await runWhole(runner, {
    what,
    body: linkBody(scratch),
    list: nulList(pairs),
    environment: { HOLDFAST_TARGET: target.path },
    signal: control.signal,
  });
  assertTargetStep(what, runner.machine, linked);
}

/** A first name that could not be unpacked was told already; the comparison at the end names what is missing. */
const linkBody = (scratch: string): string => `
cd -- "$HOLDFAST_TARGET" || exit 1
scratch=${scratch} xargs -0 -r -n 2 sh -c '
  [ -e "$scratch/$1" ] || [ -L "$scratch/$1" ] || exit 0
  ln -fPT -- "$scratch/$1" "$2"' sh <"$HOLDFAST_LIST" || exit 1
rm -rf -- ${scratch}`;
