import { HoldfastError } from '../../core/failures.js';
import { parseRsyncVersion, type RsyncVersion } from '../../core/rsync/version.js';
import { runRsync } from './rsync-process.js';

/** The version of the rsync on this machine. Throws ToolMissing when there is none, or one too old. */
export async function localRsync(signal: AbortSignal): Promise<RsyncVersion> {
  const lines: string[] = [];
  const ignore = (): void => undefined;
  await runRsync({ words: ['--version'], signal, onOutput: (line) => lines.push(line), onError: ignore });
  const version = parseRsyncVersion(lines[0] ?? '');
  if (version?.newEnough === true) return version;
  throw new HoldfastError(
    'ToolMissing',
    `the worker needs rsync 3.1.3 or newer, it has ${version === undefined ? `"${lines[0] ?? ''}"` : version.text}`,
  );
}
