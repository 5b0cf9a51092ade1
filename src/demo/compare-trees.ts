import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** What a comparison found; equal when there are no differences. */
export interface Comparison {
  readonly entries: number;
  /** At most a few, for people. */
  readonly differences: readonly string[];
}

/**
 * Compares two trees with programs that had no part in making either: rsync reads every byte and looks at types, modes, owners,
 * links, ACLs and extended attributes, both ways; find lists every entry with its times to the nanosecond and its hard links.
 */
export async function compareTrees(expected: string, actual: string): Promise<Comparison> {
  const [there, back, expectedList, actualList] = await Promise.all([
    rsyncDifferences(expected, actual),
    rsyncDifferences(actual, expected),
    listing(expected),
    listing(actual),
  ]);
  const inExpected = new Set(expectedList);
  const inActual = new Set(actualList);
  return {
    entries: expectedList.length,
    differences: [
      ...there.map((line) => `rsync: ${line}`),
      ...back.map((line) => `rsync, the other way: ${line}`),
      ...expectedList.filter((line) => !inActual.has(line)).map((line) => `only expected: ${line}`),
      ...actualList.filter((line) => !inExpected.has(line)).map((line) => `only restored: ${line}`),
    ],
  };
}

async function rsyncDifferences(from: string, to: string): Promise<string[]> {
  const options = ['-aHAXn', '--numeric-ids', '--checksum', '--delete', '--itemize-changes', '--modify-window=-1'];
  const { stdout } = await run('rsync', [...options, '--', `${from}/`, `${to}/`], { maxBuffer: OUTPUT_LIMIT_BYTES });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Type, mode, owner, group, size, links, modification time with nanoseconds, path, target. Directories' sizes are the file system's business. */
async function listing(root: string): Promise<string[]> {
  const format = [
    '(',
    '-type',
    'd',
    '-printf',
    '%y %m %U %G - - %T@ %P\\0',
    ')',
    '-o',
    '-printf',
    '%y %m %U %G %s %n %T@ %P -> %l\\0',
  ];
  const { stdout } = await run('find', [root, ...format], { encoding: 'latin1', maxBuffer: OUTPUT_LIMIT_BYTES });
  return stdout.split('\0').filter((line) => line !== '');
}
