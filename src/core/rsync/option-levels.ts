import {
  isStray,
  type RsyncOption,
  readRsyncWordGroups,
  readRsyncWords,
  type StrayWord,
  type WordGroup,
  writeRsyncOption,
} from './option-words.js';

/**
 * Options that rsync counts: given twice they mean something else (`-xx`, `-zz`, `-XX` …). What one level says, counted, replaces what the levels
 * further out said; of all other options rsync itself lets the later one win.
 */
const COUNTED: ReadonlySet<string> = new Set([
  ...['one-file-system', 'compress', 'xattrs', 'hard-links', 'atimes', 'fuzzy', 'F'],
]);

/** Rules of what is left out: rsync takes the first that matches, so those of the nearer level stand first. */
export const FILTER_OPTIONS: ReadonlySet<string> = new Set([
  ...['filter', 'exclude', 'exclude-from', 'include', 'include-from', 'cvs-exclude', 'F'],
]);

/**
 * The words of several levels as one command line on which the nearer level wins: what it repeats or negates does not add up with what the levels
 * further out say, and its filters are asked first.
 *
 * @param levels from the outside in: configuration, host, path
 */
export function joinRsyncLevels(levels: readonly (readonly string[])[]): string[] {
  const kept = levels.map((words, level) => withoutCounted(words, levels.slice(level + 1)).flatMap(apart));
  const filters = kept.map((groups) => groups.filter(isFilter)).filter((groups) => groups.length > 0);
  // Between other options their place means nothing, but people know their own lines by it.
  if (filters.length < 2) return kept.flat().flatMap(({ words }) => words);
  return [...kept.flat().filter((group) => !isFilter(group)), ...filters.reverse().flat()].flatMap(
    ({ words }) => words,
  );
}

/** Of words that stand further out, those that nearer ones leave in force. */
export function notReplaced(outer: readonly string[], nearer: readonly string[]): string[] {
  return withoutCounted(outer, [nearer]).flatMap(({ words }) => words);
}

function withoutCounted(words: readonly string[], nearer: readonly (readonly string[])[]): WordGroup[] {
  const replaced = new Set(nearer.flatMap((level) => readRsyncWords(level).flatMap(countedName)));
  return readRsyncWordGroups(words).flatMap((group) => {
    const options = group.options.filter((option) => !countedName(option).some((name) => replaced.has(name)));
    if (options.length === group.options.length) return [group];
    return options.map((option) => ({ options: [option], words: [wordOf(option)] }));
  });
}

const countedName = (option: RsyncOption | StrayWord): string[] =>
  !isStray(option) && COUNTED.has(option.name) ? [option.name] : [];

const wordOf = (option: RsyncOption | StrayWord): string => (isStray(option) ? option.stray : writeRsyncOption(option));

const isFilterOption = (option: RsyncOption | StrayWord): boolean =>
  !isStray(option) && FILTER_OPTIONS.has(option.name);

const isFilter = ({ options }: WordGroup): boolean => options.some(isFilterOption);

/** A cluster that ends in a filter (`-avf RULE`), as words of their own. */
function apart(group: WordGroup): WordGroup[] {
  const filters = group.options.filter(isFilterOption).length;
  if (filters === 0 || filters === group.options.length) return [group];
  return group.options.map((option) => ({ options: [option], words: [wordOf(option)] }));
}
