import { compileRules } from '../../core/filters.js';
import { RestoreSelection } from '../../core/restore-selection.js';

/** What the patterns of `--include` take; all of the source when there are none. */
export function selectionOf(include: readonly string[]): RestoreSelection {
  if (include.length === 0) return new RestoreSelection(undefined);
  const rules = compileRules(include, 'include');
  return new RestoreSelection((path, isDirectory) => rules.decision(path, isDirectory) === 'include');
}
