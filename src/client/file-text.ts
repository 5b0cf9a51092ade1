import { textOf } from '../core/entries/entry.js';
import type { FileAttributes, ListedFile } from '../activities/contract.js';

const KINDS = { f: '-', d: 'd', l: 'l', p: 'p', s: 's', c: 'c', b: 'b' } as const;
const BITS = 'rwxrwxrwx';

/** As `ls -l` shows them: `drwxr-sr-x`. */
export function modeText({ type, mode }: Pick<FileAttributes, 'type' | 'mode'>): string {
  const bits = Number.parseInt(mode, 8);
  const letters = [...BITS].map((letter, at) => ((bits >> (8 - at)) & 1 ? letter : '-'));
  const special = (flag: number, at: number, letter: string): void => {
    if (bits & flag) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase();
  };
  special(0o4000, 2, 's');
  special(0o2000, 5, 's');
  special(0o1000, 8, 't');
  return KINDS[type] + letters.join('');
}

/** Whole seconds, local time. */
export function timeText(mtime: string): string {
  const date = new Date(Number(mtime.split('.')[0]) * 1000);
  if (Number.isNaN(date.getTime())) return mtime;
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A name as a listing shows it: `etc/`, `link -> target`. */
export function listedName({ path, type, target }: Pick<ListedFile, 'path' | 'type' | 'target'>): string {
  const name = textOf(path === '' ? '.' : path);
  if (type === 'd') return `${name}/`;
  return target === undefined ? name : `${name} -> ${textOf(target)}`;
}

/** What is wrong with it, for people; '' when nothing is. */
export function flawText({ flaw, older }: Pick<ListedFile, 'flaw' | 'older'>): string {
  switch (flaw) {
    case undefined:
      return '';
    case 'changed':
      return 'changed while it was read';
    case 'unreadable':
      return older ? 'unreadable then: an older version is kept' : 'unreadable then: not in the backup';
    case 'unsupported':
      return 'of a kind that no backup holds';
  }
}
