import { textOf } from '../../core/entries/entry.js';
import type { FlawedEntry } from '../../core/archive/manifest.js';
import type { RestoreAction, ShardPlace } from '../../core/restore/actions.js';
import { expectedLine } from './expected-entries.js';
import { largeFileLine } from './large-files.js';
import type { NameLists } from './name-lists.js';
import { partLists } from './restore-parts.js';
import { LISTS } from './restore-spool.js';

/** What became of entries that the point cannot give as they were. */
export interface FlawTally {
  count: number;
  readonly first: FlawedEntry[];
  /** Kinds that no backup can store; not worth a warning. */
  sockets: number;
}

/** Takes the planner's decisions into the spool's lists. */
export function listsWriter(lists: NameLists, flaws: FlawTally): (action: RestoreAction) => void {
  // The lists' names are asked for with every entry.
  const known = new Map<number, ReturnType<typeof partLists>>();
  const listsOf = (place: ShardPlace): ReturnType<typeof partLists> => {
    const key = place.backup * 1_000_000 + place.shard;
    const found = known.get(key) ?? partLists(place);
    known.set(key, found);
    return found;
  };
  return (action) => {
    switch (action.do) {
      case 'extract':
      case 'attributes':
        return lists.append(listsOf(action.place).names, action.path);
      case 'extract-large':
        lists.append(listsOf(action.place).names, action.entry.path);
        return lists.append(LISTS.largeFiles, largeFileLine(action), '\n');
      case 'link':
        lists.append(listsOf(action.place).links, action.first);
        return lists.append(listsOf(action.place).links, action.path);
      case 'make-directory':
        return lists.append(LISTS.makeDirectories, action.path);
      case 'clear-file':
        return lists.append(LISTS.clearFiles, action.path);
      case 'clear-directory':
        return lists.append(LISTS.clearDirectories, action.path);
      case 'delete-file':
        return lists.append(LISTS.deleteFiles, action.path);
      case 'delete-directory':
        return lists.append(LISTS.deleteDirectories, action.path);
      case 'expect':
        return lists.append(LISTS.expected, expectedLine(action), '\n');
      case 'flaw':
        return addFlaw(flaws, action);
    }
  };
}

function addFlaw(flaws: FlawTally, { path, flaw, older }: Extract<RestoreAction, { do: 'flaw' }>): void {
  if (flaw === 'unsupported') {
    flaws.sockets += 1;
    return;
  }
  flaws.count += 1;
  if (flaws.first.length >= 100) return;
  const message =
    flaw === 'changed'
      ? 'it was changing while it was backed up; its content may be mixed'
      : older
        ? 'it could not be read at that time; an older version is restored'
        : 'it could not be read at that time and cannot be restored';
  flaws.first.push({ path: textOf(path), flaw, message });
}
