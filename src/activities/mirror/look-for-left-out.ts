import { type FailurePlace, HoldfastError } from '../../core/failures.js';
import type { PathFilter } from '../../core/filters/filters.js';
import { type LeftOut, NOTHING_LEFT_OUT, readLeftOut } from '../../core/filters/left-out-rules.js';
import { type AgesAt, leftOutScript } from '../../core/filters/left-out-script.js';
import type { ScanLimits } from '../../core/scan/limits.js';
import { SOURCE_CLOSED, SOURCE_MISSING, SOURCE_NOT_DIRECTORY, TOOL_MISSING } from '../../core/scan/script.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl } from '../activity-control.js';
import { runWhole } from '../restore/run-script.js';

/** rsync itself says what is wrong with these. */
const NO_TREE: ReadonlySet<number> = new Set([SOURCE_MISSING, SOURCE_NOT_DIRECTORY, SOURCE_CLOSED]);

export interface LeftOutSearch {
  /** Absolute. */
  readonly path: string;
  readonly limits: ScanLimits;
  readonly agesAt?: AgesAt;
  readonly place: FailurePlace;
  /** Compiled from the limits' rules. */
  readonly filter: PathFilter;
}

/** Looks for what filters that rsync does not know leave out of a tree; nothing where there is none. Places that cannot be read are rsync's to complain of. */
export async function lookForLeftOut(
  runner: ScriptRunner,
  control: ActivityControl,
  { path, limits, agesAt, place, filter }: LeftOutSearch,
): Promise<LeftOut> {
  const what = `look for what the filters leave out of ${path}`;
  const { output, result } = await runWhole(runner, {
    what,
    body: leftOutScript(path, limits, agesAt),
    signal: control.signal,
  });
  const { status, stages } = result;
  if (NO_TREE.has(status)) return NOTHING_LEFT_OUT;
  if (status === TOOL_MISSING) throw new HoldfastError('ToolMissing', `${runner.machine} has no GNU find`, place);
  const found = stages['left-out'];
  if (status === 0 && (found === 0 || found === 1)) return readLeftOut(output, filter);
  const type = found !== undefined && found > 128 ? 'TransferInterrupted' : 'RemoteCommandFailed';
  throw new HoldfastError(type, `to ${what} failed: status ${status}, find ${found ?? 'unknown'}`, place);
}
