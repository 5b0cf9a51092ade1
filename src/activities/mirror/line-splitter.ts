import type { Readable } from 'node:stream';

/** Longer than any line of rsync (a path has at most 4,096 bytes, each up to five characters when escaped). */
const LONGEST = 1 << 17;

/**
 * Calls `onLine` for each line as a byte string; updates that begin with a carriage return count as lines. `onRest` sees what has come of a line that
 * has not ended: an update ends only when the next one begins. A line without end is cut.
 */
export function eachLine(stream: Readable, onLine: (line: string) => void, onRest?: (rest: string) => void): void {
  let rest = '';
  stream.setEncoding('latin1');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split(/[\r\n]/);
    rest = (lines.pop() ?? '').slice(-LONGEST);
    for (const line of lines) if (line !== '') onLine(line);
    if (rest !== '') onRest?.(rest);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
    rest = '';
  });
}
