import { quote, quoteAll } from '../../core/shell-quoting.js';
import type { ScriptRunner } from '../remote/script-runner.js';
import { runHere } from './run-here.js';
import type { CopyJob } from './snapshot-copies.js';

/**
 * cp(1) of coreutils: every file shares its blocks with the mirror's, or it fails. What is to be preserved is named, since with `-a` alone cp ends well also when
 * extended attributes could not be copied.
 */
export async function makeReflinkCopy(runner: ScriptRunner, { mirror, target, signal }: CopyJob): Promise<void> {
  const words = [
    ...['cp', '-d', '-R', '-T', '--preserve=mode,ownership,timestamps,links,xattr', '--reflink=always'],
    ...['--', mirror, target],
  ];
  const body = `${quoteAll(words)} || exit
sync -f ${quote(target)}`;
  await runHere(runner, { what: `copy ${mirror} to ${target}`, body, signal });
}

const RSYNC = [
  ...['rsync', '-a', '-H', '-A', '-X', '-X', '--numeric-ids', '--sparse', '--whole-file', '--modify-window=-1'],
] as const;
/** A clock may be corrected by so much between two runs. */
const SLACK_MS = 120_000;

/**
 * rsync(1) with --link-dest: a file that has not changed, attributes and all, becomes another name of the previous snapshot's; nothing is shared with the mirror, so
 * that no later run can change a snapshot. Twice `-X`, else rsync leaves out what --fake-super keeps owners and modes in.
 *
 * rsync takes size and time for the content. A file that was changed twice since the previous snapshot may have both as they were then, so those whose status has
 * changed since (ctime, which nobody can set) are compared by content; what differs is written as a new file, and the previous snapshot's stays.
 */
export async function makeHardLinkTree(
  runner: ScriptRunner,
  { mirror, target, linkTo, signal }: CopyJob,
): Promise<void> {
  // rsync only warns when there is no directory to link to, and copies all: whoever calls has seen that it is there.
  const link = linkTo === undefined ? [] : [`--link-dest=${linkTo.path}`];
  const copy = quoteAll([...RSYNC, ...link, '--', `${mirror}/`, `${target}/`]);
  const body = `${copy} >/dev/null || exit
${linkTo === undefined ? '' : compare(mirror, target, linkTo.begunAtMs - SLACK_MS)}
sync -f ${quote(target)}`;
  await runHere(runner, { what: `copy ${mirror} to ${target}`, body, signal });
}

const compare = (mirror: string, target: string, sinceMs: number): string => `changed=$HOLDFAST_SCRATCH/changed
(cd -- ${quote(mirror)} && find . -type f -newerct @${Math.floor(sinceMs / 1000)} -print0) >"$changed" || exit
if [ -s "$changed" ]; then
  ${quoteAll([...RSYNC, '--checksum', '--from0'])} --files-from="$changed" -- ${quoteAll([`${mirror}/`, `${target}/`])} >/dev/null || exit
fi`;
