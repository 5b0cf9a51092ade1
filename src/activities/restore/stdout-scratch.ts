import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { OpenScratchInput, ScratchPlace } from '../contract.js';
import { runWhole } from './run-script.js';
import { assertTargetStep } from './target-failures.js';

const PREFIX = 'stdout-';
const ABANDONED_MS = 7 * 24 * 60 * 60 * 1000;

/** Makes the directory that a restore to standard output goes through; very old ones of runs that were terminated are removed. */
export async function openScratch(
  providers: Providers,
  control: ActivityControl,
  { run }: OpenScratchInput,
): Promise<ScratchPlace> {
  const { spoolDirectory } = providers;
  await mkdir(spoolDirectory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(spoolDirectory)) {
    const path = join(spoolDirectory, name);
    if (name.startsWith(PREFIX) && (await isAbandoned(path))) await remove(providers, control, path);
  }
  const path = join(spoolDirectory, `${PREFIX}${run.runId.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 64)}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return { path };
}

async function isAbandoned(path: string): Promise<boolean> {
  // Its own times are those of the restored directory.
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.ctimeMs > ABANDONED_MS;
}

/** Removes it with all that it holds. Throws UnsafePath for a directory that `openScratch` did not make. */
export async function closeScratch(
  providers: Providers,
  control: ActivityControl,
  { path }: ScratchPlace,
): Promise<void> {
  if (dirname(path) !== providers.spoolDirectory || !path.startsWith(join(providers.spoolDirectory, PREFIX))) {
    throw new HoldfastError('UnsafePath', `${path} is no scratch directory of ${providers.spoolDirectory}`);
  }
  await remove(providers, control, path);
}

/** Directories that were restored may be closed even to their owner. */
async function remove({ localRunner }: Providers, { signal }: ActivityControl, path: string): Promise<void> {
  const what = `remove ${path}`;
  // chmod comes before find enters: one walk opens each directory on its way down.
  const body = `
[ -d "$HOLDFAST_TARGET" ] || exit 0
find "$HOLDFAST_TARGET" -type d ! -perm -0700 -exec chmod u+rwx {} ';'
rm -rf -- "$HOLDFAST_TARGET"`;
  const { result } = await runWhole(localRunner, { what, body, environment: { HOLDFAST_TARGET: path }, signal });
  assertTargetStep(what, localRunner.machine, result);
}
