import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSocketDirectory, removeSocketDirectory } from '../../../src/providers/remote/socket-directory.js';

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'hf-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const make = (): string => makeSocketDirectory({ XDG_RUNTIME_DIR: parent }) ?? '';
const space = Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]).toString(36);

/** An id that was a process's, and is nobody's. */
async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'close');
  return child.pid as number;
}

async function socketIn(directory: string, name: string): Promise<void> {
  // Left behind as a killed process leaves it: a server that closes removes its socket.
  const script = `require('node:net').createServer().listen(${JSON.stringify(join(directory, name))}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'close');
}

test('bears the process’s id, is private, and is short enough for a socket', () => {
  const directory = make();
  expect(basename(directory)).toMatch(new RegExp(`^holdfast-${space}-${process.pid}-[A-Za-z0-9]{6}$`));
  expect(Buffer.byteLength(directory) + '/99999999'.length + 17).toBeLessThanOrEqual(107);
});

test('those that killed processes left are removed, with their sockets', async () => {
  const left = join(parent, `holdfast-${space}-${await deadPid()}-abcDEF`);
  mkdirSync(left, { mode: 0o700 });
  await socketIn(left, '1');
  expect(readdirSync(left)).toEqual(['1']);
  const own = make();
  expect(readdirSync(parent)).toEqual([basename(own)]);
});

test('those of living processes, of other process namespaces, and names that only look alike stay', async () => {
  const dead = await deadPid();
  const names = [
    `holdfast-${space}-${process.ppid}-abcDEF`,
    `holdfast-${space}x-${dead}-abcDEF`,
    `holdfast-${space}-${dead}-abcDE`,
    `holdfast-${space}-${dead}-abcDEFG`,
    `holdfast-${dead}-abcDEF`,
    'holdfast-abcDEF',
  ];
  for (const name of names) mkdirSync(join(parent, name), { mode: 0o700 });
  make();
  for (const name of names) expect(existsSync(join(parent, name))).toBe(true);
});

test('planted links, others’ directories and directories that others may write to are not touched, nor is what is no socket', async () => {
  const dead = await deadPid();
  const treasure = join(parent, 'treasure');
  mkdirSync(treasure, { mode: 0o700 });
  await socketIn(treasure, '1');
  symlinkSync(treasure, join(parent, `holdfast-${space}-${dead}-linked`));
  const open = join(parent, `holdfast-${space}-${dead}-opened`);
  mkdirSync(open);
  await socketIn(open, '1');
  const foreign = join(parent, `holdfast-${space}-${dead}-others`);
  mkdirSync(foreign, { mode: 0o700 });
  await socketIn(foreign, '1');
  if (process.getuid?.() === 0) chownSync(foreign, 65_534, 65_534);
  const filled = join(parent, `holdfast-${space}-${dead}-filled`);
  mkdirSync(filled, { mode: 0o700 });
  writeFileSync(join(filled, '1'), 'a file');
  writeFileSync(join(parent, `holdfast-${space}-${dead}-isfile`), '');
  make();
  expect(readdirSync(treasure)).toEqual(['1']);
  expect(readdirSync(open)).toEqual(['1']);
  if (process.getuid?.() === 0) expect(readdirSync(foreign)).toEqual(['1']);
  expect(readdirSync(filled)).toEqual(['1']);
  expect(existsSync(join(parent, `holdfast-${space}-${dead}-isfile`))).toBe(true);
});

test('two that clear up at the same time do not stumble over each other', async () => {
  const left = join(parent, `holdfast-${space}-${await deadPid()}-abcDEF`);
  mkdirSync(left, { mode: 0o700 });
  await socketIn(left, '1');
  removeSocketDirectory(left);
  removeSocketDirectory(left);
  expect(existsSync(left)).toBe(false);
});
