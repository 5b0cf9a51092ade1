import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, link, mkdir, open, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const MEBIBYTE = 1024 * 1024;

/** The same bytes for the same seed, as incompressible as a photo. */
export function bytesOf(seed: string, sizeBytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let made = 0, block = 0; made < sizeBytes; made += 64, block += 1)
    parts.push(createHash('sha512').update(`${seed}/${block}`).digest());
  return Buffer.concat(parts).subarray(0, sizeBytes);
}

const textOf = (seed: string, lines: number): string =>
  Array.from({ length: lines }, (_, line) => `${seed} option_${line} = ${(line * 7919) % 1000}\n`).join('');

/** Fills an empty directory with what a server's file system holds, the awkward parts included. */
export async function growTree(root: string, seed: string): Promise<void> {
  await mkdir(root, { recursive: true });
  await growFiles(root, seed);
  await growLinks(root, seed);
  await growOddNames(root);
  await growSpecial(root, seed);
}

async function growFiles(root: string, seed: string): Promise<void> {
  for (let site = 0; site < 12; site += 1) {
    const directory = join(root, `site-${site}`, 'assets');
    await mkdir(directory, { recursive: true });
    for (let page = 0; page < 30; page += 1)
      await writeFile(join(root, `site-${site}`, `page-${page}.html`), textOf(`${seed} ${site}/${page}`, 40));
    for (let image = 0; image < 6; image += 1)
      await writeFile(join(directory, `photo-${image}.jpg`), bytesOf(`${seed}-${site}-${image}`, 150_000));
  }
  await writeFile(join(root, 'big.tar'), bytesOf(`${seed}-big`, 8 * MEBIBYTE));
  await mkdir(join(root, 'empty-directory'));
  await writeFile(join(root, 'empty-file'), '');
}

async function growLinks(root: string, seed: string): Promise<void> {
  await mkdir(join(root, 'releases', 'v1'), { recursive: true });
  await mkdir(join(root, 'releases', 'v2'));
  await writeFile(join(root, 'releases', 'v1', 'app.bin'), bytesOf(`${seed}-app`, 400_000));
  await link(join(root, 'releases', 'v1', 'app.bin'), join(root, 'releases', 'v2', 'app.bin'));
  await link(join(root, 'releases', 'v1', 'app.bin'), join(root, 'app-in-use.bin'));
  await symlink('releases/v2', join(root, 'current'));
  await symlink('/does/not/exist', join(root, 'dangling'));
}

async function growOddNames(root: string): Promise<void> {
  const directory = join(root, 'odd names');
  await mkdir(directory);
  const names = [
    '-rf',
    '--help',
    'it\'s "quoted"',
    'new\nline',
    ' spaces ',
    'star*?[x]',
    '$(id)',
    '`id`',
    'back\\slash',
    'ümläut ☃',
    '.hidden',
    'tab\there',
  ];
  for (const name of names) await writeFile(join(directory, name), `content of ${JSON.stringify(name)}\n`);
  // A Latin-1 name, which is not valid UTF-8.
  await writeFile(Buffer.concat([Buffer.from(`${directory}/caf`), Buffer.from([0xe9, 0xff])]), 'latin-1\n');
}

async function growSpecial(root: string, seed: string): Promise<void> {
  await growSparse(join(root, 'disk.img'));
  for (const [name, mode] of [
    ['secret.key', 0o600],
    ['script.sh', 0o755],
    ['read-only.txt', 0o444],
    ['setuid-tool', 0o4755],
  ] as const) {
    await writeFile(join(root, name), textOf(seed, 3));
    await chmod(join(root, name), mode);
  }
  await chmod(join(root, 'empty-directory'), 0o1777);
  // Times with nanoseconds before and after now; utimes of Node keeps microseconds at best, touch keeps all.
  await run('touch', [
    '-d',
    '2001-02-03 04:05:06.123456789',
    '--',
    join(root, 'secret.key'),
    join(root, 'empty-directory'),
  ]);
  await run('touch', ['-d', '2037-12-31 23:59:59.999999999', '--', join(root, 'script.sh')]);
  if (process.getuid?.() === 0) await chown(join(root, 'site-1', 'page-1.html'), 33, 33);
}

/** 64 MiB of which 12 KiB are stored. */
async function growSparse(file: string): Promise<void> {
  const handle = await open(file, 'w');
  for (const offset of [0, 20 * MEBIBYTE, 60 * MEBIBYTE])
    await handle.write(bytesOf(`sparse ${offset}`, 4096), 0, 4096, offset);
  await handle.close();
  await truncate(file, 64 * MEBIBYTE);
}

/** Extended attributes and ACLs, where the programs and the file system have them; says what was left out. */
export async function growAttributes(root: string): Promise<readonly string[]> {
  const wanted: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'extended attributes',
      'setfattr',
      ['-n', 'user.origin', '-v', 'holdfast demo', '--', join(root, 'secret.key'), join(root, 'odd names')],
    ],
    ['ACLs', 'setfacl', ['-m', 'u:65534:r', '--', join(root, 'script.sh')]],
  ];
  const left: string[] = [];
  for (const [what, program, args] of wanted)
    await run(program, [...args]).catch((error: unknown) => left.push(`${what} (${reasonOf(error)})`));
  return left;
}

const reasonOf = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'its program is not installed';
  return error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
};

/** What `changeTree` does, for people. */
export const CHANGES =
  '5 files edited, 10 pages and a whole site deleted, a directory renamed, two swapped, one made of a file, a hard link taken away, ' +
  'a symlink turned, a mode changed';

/** A day's work on a tree: edits, deletions, renames, and what tar's own incremental mode stumbles over. */
export async function changeTree(root: string, seed: string): Promise<void> {
  for (let site = 0; site < 4; site += 1)
    await writeFile(join(root, `site-${site}`, 'page-0.html'), textOf(`${seed} edited ${site}`, 44));
  for (let page = 10; page < 20; page += 1) await rm(join(root, 'site-6', `page-${page}.html`));
  await rm(join(root, 'site-7'), { recursive: true });
  await rename(join(root, 'site-8'), join(root, 'site-eight'));
  await swap(join(root, 'site-9'), join(root, 'site-10'));
  await rm(join(root, 'releases', 'v2', 'app.bin'));
  await rm(join(root, 'current'));
  await symlink('releases/v1', join(root, 'current'));
  await chmod(join(root, 'read-only.txt'), 0o440);
  await rm(join(root, 'empty-file'));
  await mkdir(join(root, 'empty-file'));
  await writeFile(join(root, 'empty-file', 'now a directory'), 'yes\n');
  await writeFile(join(root, 'odd names', '-rf'), 'edited\n');
}

/** An edit that leaves size and modification time as they were, to the nanosecond: only the change time tells, which rsync does not look at. */
export async function editBackdated(root: string): Promise<void> {
  const file = join(root, 'site-5', 'page-5.html');
  const scratch = `${root}.times`;
  await run('touch', ['-r', file, '--', scratch]);
  const handle = await open(file, 'r+');
  await handle.write('EDITED', 0);
  await handle.close();
  await run('touch', ['-r', scratch, '--', file]);
  await rm(scratch);
}

async function swap(one: string, other: string): Promise<void> {
  await rename(one, `${one}.swap`);
  await rename(other, one);
  await rename(`${one}.swap`, other);
}
