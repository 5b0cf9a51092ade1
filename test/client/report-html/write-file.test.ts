import { execFileSync } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writePage } from '../../../src/client/report-html/write-file.js';
import { HoldfastError } from '../../../src/core/failures.js';

let directory: string;
const path = (name: string): string => join(directory, name);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-page-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const refused = async (writing: Promise<void>): Promise<string> => {
  const error: unknown = await writing.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(HoldfastError);
  expect(error).toMatchObject({ type: 'ReportNotWritten' });
  return (error as HoldfastError).message;
};

test('a page is written anew, keeps who may read it, and leaves nothing else behind', async () => {
  await writePage(path('report.html'), 'first');
  expect(await readFile(path('report.html'), 'utf8')).toBe('first');
  await chmod(path('report.html'), 0o640);
  await writePage(path('report.html'), 'second');
  expect(await readFile(path('report.html'), 'utf8')).toBe('second');
  expect((await stat(path('report.html'))).mode & 0o777).toBe(0o640);
  expect(await readdir(directory)).toEqual(['report.html']);
});

test('whoever reads it meanwhile has a whole page', async () => {
  const [one, other] = ['a', 'b'].map((letter) => letter.repeat(2_000_000)) as [string, string];
  await writePage(path('report.html'), one);
  const seen = new Set<string>();
  const looks: Promise<unknown>[] = [];
  const watcher = watch(directory, () =>
    looks.push(readFile(path('report.html'), 'utf8').then((text) => seen.add(text))),
  );
  for (const text of [other, one, other]) await writePage(path('report.html'), text);
  watcher.close();
  await Promise.all(looks);
  expect([...seen].every((text) => text === one || text === other)).toBe(true);
});

test('what a symbolic link stands for is left alone, and so is the link', async () => {
  await writeFile(path('precious'), 'precious');
  await symlink(path('precious'), path('report.html'));
  expect(await refused(writePage(path('report.html'), 'page'))).toContain('no regular file');
  expect(await readFile(path('precious'), 'utf8')).toBe('precious');
  expect(await readlink(path('report.html'))).toBe(path('precious'));
  await symlink(path('nowhere'), path('dangling.html'));
  await refused(writePage(path('dangling.html'), 'page'));
  expect(existsSync(path('nowhere'))).toBe(false);
  expect((await readdir(directory)).toSorted()).toEqual(['dangling.html', 'precious', 'report.html']);
});

test('directories and pipes are no files', async () => {
  await mkdir(path('directory'));
  execFileSync('mkfifo', [path('pipe')]);
  for (const name of ['directory', 'pipe']) await refused(writePage(path(name), 'page'));
  expect((await lstat(path('pipe'))).isFIFO()).toBe(true);
  expect((await readdir(directory)).toSorted()).toEqual(['directory', 'pipe']);
});

test('a directory that is not there is named', async () => {
  expect(await refused(writePage(path('none/report.html'), 'page'))).toMatch(
    /none\/report\.html was not written: ENOENT: no such file or directory$/,
  );
});
