import { HoldfastError } from '../../core/failures.js';
import type { Entry } from '../../core/entries/entry.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import { nulList } from '../restore/name-lists.js';
import { runWhole } from '../restore/run-script.js';

/** A file's content and what a look at it said right afterwards. */
export type HashedFile = Pick<Entry, 'sizeBytes' | 'mtime' | 'ctime' | 'inode'> & { readonly sha256: string };

const TOOL_MISSING = 79;

const BODY = `
cd -- "$HOLDFAST_ROOT" || exit 1
for tool in sha256sum stat xargs; do command -v "$tool" >/dev/null || exit ${TOOL_MISSING}; done
xargs -0 -r sha256sum --zero -- <"$HOLDFAST_LIST"
printf '\\0'
xargs -0 -r stat --printf='%s %.9Y %.9Z %i//%n\\0' -- <"$HOLDFAST_LIST"
exit 0`;

/**
 * Hashes files of a machine there; those that cannot be read are missing from the answer.
 * Throws ToolMissing, RemoteCommandFailed when `root` cannot be entered, and what the runner throws.
 *
 * @param names relative to `root`, byte strings; as many as a machine takes at once without trouble
 */
export async function hashFiles(
  runner: ScriptRunner,
  root: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, HashedFile>> {
  if (names.length === 0) return new Map();
  const what = `hash ${names.length} files of ${root}`;
  const { output, result } = await runWhole(runner, {
    what,
    body: BODY,
    list: nulList(names),
    environment: { HOLDFAST_ROOT: root },
    signal,
  });
  if (result.status === TOOL_MISSING)
    throw new HoldfastError('ToolMissing', `${runner.machine} has no sha256sum, stat or xargs`);
  if (result.status !== 0) throw new HoldfastError('RemoteCommandFailed', `${runner.machine}: could not ${what}`);
  return parseHashes(output.toString('latin1'));
}

function parseHashes(output: string): Map<string, HashedFile> {
  const records = output.split('\0');
  const middle = records.indexOf('');
  const hashes = new Map(records.slice(0, middle).map((record) => [record.slice(66), record.slice(0, 64)]));
  const files = new Map<string, HashedFile>();
  for (const record of records.slice(middle + 1)) {
    const slashes = record.indexOf('//');
    const path = record.slice(slashes + 2);
    const sha256 = hashes.get(path);
    const [size, mtime, ctime, inode] = record.slice(0, slashes).split(' ');
    if (slashes < 0 || sha256 === undefined || !mtime || !ctime || !inode) continue;
    files.set(path, { sha256, sizeBytes: Number(size), mtime, ctime, inode });
  }
  return files;
}
