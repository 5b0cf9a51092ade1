import { execFile } from 'node:child_process';
import { lstat, mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DumpTask } from '../../core/dump/dump.js';
import type { Entry } from '../../core/entries/entry.js';
import { byteStringOfText } from '../../core/entries/entry.js';
import type { DumpDone } from './dump-records.js';

const run = promisify(execFile);

/** Files without content on this machine, with the attributes that the dumps get. */
export interface StandIns {
  readonly directory: string;
  /** The source's own directory, then the files by their numbers. */
  readonly entries: readonly Entry[];
  readonly tarVersion: string;
}

/** A dump belongs to who runs the worker, and nobody else may read it: it may hold what the database keeps from others. */
export async function makeStandIns(
  scratch: string,
  tasks: readonly DumpTask[],
  done: readonly DumpDone[],
): Promise<StandIns> {
  const directory = join(scratch, 'dumps');
  await mkdir(directory, { mode: 0o700 });
  for (const { number, fileName } of tasks) {
    const file = join(directory, fileName);
    await writeFile(file, '', { flag: 'wx', mode: 0o600 });
    const seconds = secondsOf(done[number] as DumpDone);
    await utimes(file, seconds, seconds);
  }
  const newest = Math.max(...done.map(secondsOf));
  await utimes(directory, newest, newest);
  const { uid, gid } = await lstat(directory);
  const owner = { uid, gid };
  const files = tasks.map(({ number, fileName }): Entry => {
    const { sizeBytes } = done[number] as DumpDone;
    const at = {
      path: byteStringOfText(fileName),
      inode: String(number + 2),
      time: secondsOf(done[number] as DumpDone),
    };
    return { ...entryOf(at), ...owner, type: 'f', mode: '600', sizeBytes, blocks: Math.ceil(sizeBytes / 512) };
  });
  const top: Entry = { ...entryOf({ path: '', inode: '1', time: newest }), ...owner };
  const { stdout } = await run('tar', ['--version'], {
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  return { directory, entries: [top, ...files], tarVersion: stdout.split('\n', 1)[0] as string };
}

const secondsOf = ({ mtime }: DumpDone): number => Number(mtime.split('.', 1)[0]);

const entryOf = ({ path, inode, time }: { path: string; inode: string; time: number }): Entry => ({
  path,
  type: 'd',
  sizeBytes: 0,
  mtime: `${time}.000000000`,
  ctime: `${time}.000000000`,
  inode,
  device: '0',
  mode: '700',
  uid: 0,
  gid: 0,
  links: 1,
  blocks: 0,
  target: '',
});
