/**
 * Reading rsync's options as rsync reads them (popt): clusters of short options, values in the same word or the next, `--no-` forms
 * and aliases. Nothing is judged here.
 */

export interface RsyncOption {
  /** The long name without dashes, aliases resolved; a lone letter for those that have no long name (`a`, `D`, `F`, `P`). */
  readonly name: string;
  /** Written as `--no-NAME`. */
  readonly negated: boolean;
  readonly value?: string;
  /** The word that it was read from, for messages. */
  readonly word: string;
}

/** A word that is no option: rsync would take it for a file, or it ends the options. */
export interface StrayWord {
  readonly stray: string;
}

const LETTERS: Readonly<Record<string, string>> = {
  v: 'verbose',
  q: 'quiet',
  c: 'checksum',
  r: 'recursive',
  R: 'relative',
  b: 'backup',
  u: 'update',
  d: 'dirs',
  l: 'links',
  L: 'copy-links',
  k: 'copy-dirlinks',
  K: 'keep-dirlinks',
  H: 'hard-links',
  p: 'perms',
  E: 'executability',
  A: 'acls',
  X: 'xattrs',
  o: 'owner',
  g: 'group',
  t: 'times',
  U: 'atimes',
  N: 'crtimes',
  O: 'omit-dir-times',
  J: 'omit-link-times',
  S: 'sparse',
  n: 'dry-run',
  W: 'whole-file',
  x: 'one-file-system',
  B: 'block-size',
  e: 'rsh',
  I: 'ignore-times',
  '@': 'modify-window',
  T: 'temp-dir',
  y: 'fuzzy',
  z: 'compress',
  C: 'cvs-exclude',
  f: 'filter',
  '0': 'from0',
  s: 'secluded-args',
  '8': '8-bit-output',
  h: 'human-readable',
  i: 'itemize-changes',
  M: 'remote-option',
  m: 'prune-empty-dirs',
  '4': 'ipv4',
  '6': 'ipv6',
  V: 'version',
};

const ALIASES: Readonly<Record<string, string>> = {
  del: 'delete-during',
  'i-r': 'inc-recursive',
  'i-d': 'implied-dirs',
  cc: 'checksum-choice',
  zc: 'compress-choice',
  zl: 'compress-level',
  zt: 'compress-threads',
  'old-d': 'old-dirs',
  'protect-args': 'secluded-args',
  'log-format': 'out-format',
  'time-limit': 'stop-after',
  'remove-sent-files': 'remove-source-files',
  'ignore-non-existing': 'existing',
  archive: 'a',
};

const WITH_VALUE: ReadonlySet<string> = new Set([
  ...['info', 'debug', 'stderr', 'backup-dir', 'suffix', 'chmod', 'checksum-choice', 'block-size', 'rsh', 'rsync-path'],
  ...['max-delete', 'max-size', 'min-size', 'max-alloc', 'partial-dir', 'usermap', 'groupmap', 'chown', 'timeout'],
  ...['contimeout', 'modify-window', 'temp-dir', 'compare-dest', 'copy-dest', 'link-dest', 'compress-choice'],
  ...['compress-level', 'compress-threads', 'skip-compress', 'filter', 'exclude', 'exclude-from', 'include'],
  ...['include-from', 'files-from', 'copy-as', 'address', 'port', 'sockopts', 'outbuf', 'remote-option', 'out-format'],
  ...['log-file', 'log-file-format', 'password-file', 'early-input', 'bwlimit', 'stop-after', 'stop-at'],
  ...['write-batch', 'only-write-batch', 'read-batch', 'protocol', 'iconv', 'checksum-seed', 'confine-root', 'config'],
  ...['dparam'],
]);

/** The options that stand in one word, and the word after it where that is the value of the last. */
export interface WordGroup {
  readonly words: readonly string[];
  readonly options: readonly (RsyncOption | StrayWord)[];
}

/** Reads words in order. A value that is missing at the end stays undefined. */
export const readRsyncWords = (words: readonly string[]): (RsyncOption | StrayWord)[] =>
  readRsyncWordGroups(words).flatMap(({ options }) => options);

/** The same, with the words that each was read from. */
export function readRsyncWordGroups(words: readonly string[]): WordGroup[] {
  const groups: WordGroup[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    const options = word.startsWith('--') ? readLong(word) : readCluster(word);
    const last = options?.at(-1);
    const next = words[at + 1];
    if (options === undefined || last === undefined) {
      groups.push({ words: [word], options: [{ stray: word }] });
    } else if (!wantsValue(last) || next === undefined) {
      groups.push({ words: [word], options });
    } else {
      at += 1;
      const whole = { ...last, value: next, word: `${word} ${next}` };
      groups.push({ words: [word, next], options: [...options.slice(0, -1), whole] });
    }
  }
  return groups;
}

export const isStray = (read: RsyncOption | StrayWord): read is StrayWord => 'stray' in read;

/** It takes a value and has none. */
export const wantsValue = (option: RsyncOption): boolean =>
  option.value === undefined && !option.negated && WITH_VALUE.has(option.name);

/** The option as a word that means the same, wherever it stands. */
export function writeRsyncOption({ name, negated, value }: RsyncOption): string {
  const dashed = name.length === 1 && !negated ? `-${name}` : `--${negated ? 'no-' : ''}${name}`;
  return value === undefined ? dashed : `${dashed}=${value}`;
}

function readLong(word: string): RsyncOption[] | undefined {
  if (word === '--') return undefined;
  const equals = word.indexOf('=');
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const value = equals < 0 ? {} : { value: word.slice(equals + 1) };
  if (!name.startsWith('no-')) return [{ name: ALIASES[name] ?? name, negated: false, ...value, word }];
  const positive = name.slice(3);
  const letter = positive.length === 1 ? LETTERS[positive] : undefined;
  return [{ name: letter ?? ALIASES[positive] ?? positive, negated: true, ...value, word }];
}

function readCluster(word: string): RsyncOption[] | undefined {
  if (!word.startsWith('-') || word === '-') return undefined;
  const options: RsyncOption[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] as string;
    const name = LETTERS[letter] ?? letter;
    const rest = word.slice(at + 1);
    if (!WITH_VALUE.has(name)) {
      options.push({ name, negated: false, word });
      continue;
    }
    options.push({ name, negated: false, ...(rest === '' ? {} : { value: rest.replace(/^=/, '') }), word });
    break;
  }
  return options;
}
