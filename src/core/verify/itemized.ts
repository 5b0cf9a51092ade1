const LINE = /^@@[<>]f(.)(.)(.)/;

/** Whether a line of `--out-format=@@%i %n` says that a file's content differs, but neither its size nor its time (rsync(1), --itemize-changes). */
export function differsInContentOnly(line: string): boolean {
  const match = LINE.exec(line);
  return match?.[1] === 'c' && match[2] === '.' && match[3] === '.';
}
