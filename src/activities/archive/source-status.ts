import type { FailurePlace } from '../../core/failures.js';
import { HoldfastError } from '../../core/failures.js';
import { textOf } from '../../core/entries/entry.js';
import type { ScriptResult } from '../../providers/remote/script-runner.js';
import { SOURCE_CLOSED, SOURCE_MISSING, SOURCE_NOT_DIRECTORY } from '../../core/scan/script.js';

/** The failure behind a script that could not enter its source, or undefined when it could. */
export function sourceFailure(
  { status, stderrLines }: ScriptResult,
  path: string,
  place: FailurePlace,
): HoldfastError | undefined {
  const said = textOf(stderrLines.findLast((line) => line !== '') ?? '');
  switch (status) {
    case SOURCE_MISSING:
      if (!said.endsWith('No such file or directory')) {
        return new HoldfastError('RemoteCommandFailed', `${path} cannot be looked at: ${said}`, place);
      }
      return new HoldfastError('SourceMissing', `${path} does not exist`, place);
    case SOURCE_NOT_DIRECTORY:
      return new HoldfastError('SourceNotDirectory', `${path} is not a directory`, place);
    case SOURCE_CLOSED:
      return new HoldfastError(
        said.endsWith('Permission denied') ? 'SourceUnreadable' : 'RemoteCommandFailed',
        `${path} cannot be entered: ${said}`,
        place,
      );
    default:
      return undefined;
  }
}
