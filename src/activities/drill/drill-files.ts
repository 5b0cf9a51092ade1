import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../core/entries/entry.js';
import { quote } from '../../core/shell-quoting.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { plainLines } from '../archive/read-index.js';
import { runWhole } from '../restore/run-script.js';

/** What lies in a drill's scratch directory. */
export const DRILL_FILES = {
  /** The restore's target. */
  target: 'restored',
  /** NUL-ended names for the restore. */
  names: 'names',
  /** Index lines of the files to compare, in order. */
  sample: 'sample.jsonl',
} as const;

const PREFIX = 'drill-';
const ABANDONED_MS = 7 * 24 * 60 * 60 * 1000;

export const scratchName = (runId: string, attemptToken: string): string =>
  `${PREFIX}${runId.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 64)}-${attemptToken}`;

/** A file of the sample. */
export interface SampledFile {
  readonly entry: Entry;
  /** Its content may be another than the source's although nothing shows it: written to just as it was backed up. */
  readonly doubtful: boolean;
}

export async function* readSample(scratch: string): AsyncGenerator<readonly SampledFile[]> {
  for await (const lines of plainLines(join(scratch, DRILL_FILES.sample), 'index')) {
    yield lines.flatMap((line) =>
      line.deleted ? [] : [{ entry: line.entry, doubtful: line.flaw !== undefined || line.large !== undefined }],
    );
  }
}

/** Removes a scratch directory, also one with directories that are closed to their owner. */
export async function removeScratch(providers: Providers, control: ActivityControl, scratch: string): Promise<void> {
  const path = quote(scratch);
  const body = `[ -d ${path} ] || exit 0
rm -rf -- ${path} 2>/dev/null || { chmod -R u+rwX -- ${path}; rm -rf -- ${path}; }`;
  await runWhole(providers.localRunner, { what: `remove ${scratch}`, body, signal: control.signal });
  await rm(scratch, { recursive: true, force: true });
}

/** What killed workers left long ago, and other attempts of this run. */
export async function removeAbandoned(
  providers: Providers,
  control: ActivityControl,
  directory: string,
  runId: string,
): Promise<void> {
  const own = scratchName(runId, '');
  for (const name of await readdir(directory)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(directory, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (name.startsWith(own) || age > ABANDONED_MS) await removeScratch(providers, control, path);
  }
}
