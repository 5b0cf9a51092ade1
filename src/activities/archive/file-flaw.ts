import { textOf } from '../../core/entries/entry.js';
import type { TarVerdict } from '../../core/archive/tar-complaints.js';

/** What is wrong with a file as a whole: its content cannot be had. */
export interface FileFlaw {
  readonly verdict: Extract<TarVerdict, 'unreadable' | 'vanished'>;
  readonly message: string;
}

export const isFlaw = (result: object): result is FileFlaw => 'verdict' in result;

/** What a program's complaint about the one file that it was given means for it. The name is left out: records of running plans hold none. */
export function readFlaw(line: string): FileFlaw {
  const reason = line.slice(line.lastIndexOf(': ') + 2);
  const gone = reason === 'No such file or directory';
  return { verdict: gone ? 'vanished' : 'unreadable', message: `Cannot read: ${textOf(reason)}` };
}
