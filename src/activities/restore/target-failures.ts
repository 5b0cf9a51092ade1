import { HoldfastError } from '../../core/failures.js';
import { textOf } from '../../core/entries/entry.js';
import type { ScriptResult } from '../../providers/remote/script-runner.js';
import { saidBy } from './run-script.js';

const FULL = /: (?:No space left on device|Disk quota exceeded)$/;
const UNUSABLE =
  /: (?:Permission denied|Operation not permitted|Read-only file system|Not a directory|Is a directory|File exists|Directory not empty|Device or resource busy|File name too long|No such file or directory)$/;

/** Throws what a failed step in the target means; returns when it did not fail. */
export function assertTargetStep(what: string, machine: string, result: ScriptResult): void {
  const lines = saidBy(result);
  if (result.status === 0 && lines.length === 0) return;
  const said = lines.slice(0, 5).map(textOf).join('; ') || `status ${result.status}`;
  throw targetFailure(lines, `${machine}: could not ${what}: ${said}`);
}

function targetFailure(lines: readonly string[], message: string): HoldfastError {
  if (lines.some((line) => FULL.test(line))) return new HoldfastError('RestoreTargetFull', message);
  if (lines.length > 0 && lines.every((line) => UNUSABLE.test(line))) {
    return new HoldfastError('RestoreTargetInvalid', message);
  }
  return new HoldfastError('RemoteCommandFailed', message);
}
