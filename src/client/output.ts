import Table from 'cli-table3';
import pretty from 'pretty-bytes';
import { colours } from './colours.js';
import type { Status } from '../core/statuses.js';

/** How results look in a terminal: plain tables without lines, colours only where the terminal has them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const plain = new Table({
    head: head.map((word) => colours.dim(word)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: NO_LINES,
  });
  for (const row of rows) plain.push([...row]);
  return plain
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((side) => [side, '']),
);

export function statusWord(status: Status | 'unfinished' | 'damaged' | 'running'): string {
  switch (status) {
    case 'ok':
      return colours.green(status);
    case 'warning':
    case 'held':
    case 'skipped':
    case 'unfinished':
      return colours.yellow(status);
    case 'failed':
    case 'cancelled':
    case 'damaged':
      return colours.red(status);
    case 'running':
      return colours.cyan(status);
  }
}

export const bytesText = (bytes: number): string => pretty(bytes, { binary: true });

/** `47 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** How old something is, roughly: `50 min`, `5 h`, `12 d`. */
export function ageText(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} d`;
}

export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
