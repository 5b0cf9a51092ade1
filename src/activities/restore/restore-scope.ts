import { readFileSync } from 'node:fs';
import { compileRules } from '../../core/filters/filters.js';
import { RestoreSelection } from '../../core/restore/selection.js';
import type { RestoreRequest } from '../contract.js';

type Scope = Pick<RestoreRequest, 'include' | 'namesFile'>;

/** Whether a restore takes everything. */
export const takesAll = ({ include, namesFile }: Scope): boolean => include.length === 0 && namesFile === undefined;

/** What the patterns of `--include` or the names of a list take; all of the source when there are neither. */
export function selectionOf({ include, namesFile }: Scope): RestoreSelection {
  if (namesFile !== undefined) {
    const names = new Set(readFileSync(namesFile, 'latin1').split('\0').slice(0, -1));
    return new RestoreSelection((path) => names.has(path));
  }
  if (include.length === 0) return new RestoreSelection(undefined);
  const rules = compileRules(include, 'include');
  return new RestoreSelection((path, isDirectory) => rules.decision(path, isDirectory) === 'include');
}
