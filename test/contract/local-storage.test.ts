import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, symlink, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LocalStorage } from '../../src/providers/storage/local-storage.js';
import { feed, keysBelow, namesBelow, neverAborted, store } from '../support/object-feed.js';
import { objectStorageContract } from './object-storage.js';

const run = promisify(execFile);

describe('a local directory', () => {
  objectStorageContract(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-local-'));
    return {
      destination: { name: 'here', type: 'local', path: directory },
      missing: { name: 'nowhere', type: 'local', path: `${directory}-not-there` },
      stop: () => rm(directory, { recursive: true }),
    };
  });
});

describe('what only a local directory has', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdfast-local-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  test('objects and directories are readable by their owner only', async () => {
    await store(new LocalStorage(root), 'host/x', Buffer.from('x'));
    expect((await stat(join(root, 'host'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'host/x'))).mode & 0o777).toBe(0o600);
  });

  test('an aborted object and a lost race leave neither files nor directories', async () => {
    const storage = new LocalStorage(root);
    const writer = await storage.createObject('host/etc/x', { signal: neverAborted() });
    expect(await readdir(join(root, 'host/etc'))).toHaveLength(1);
    await writer.abort();
    expect(await readdir(root)).toEqual([]);
    await storage.putIfAbsent('x', Buffer.from('1'));
    await storage.putIfAbsent('x', Buffer.from('2'));
    expect(await readdir(root)).toEqual(['x']);
  });

  test('writers and removers of one directory at the same time do not disturb each other', async () => {
    const storage = new LocalStorage(root);
    const once = async (number: number): Promise<boolean> => {
      const isWritten = await storage.putIfAbsent(`host/etc/id/${number}`, Buffer.from('x'));
      await storage.remove([`host/etc/id/${number}`]);
      return isWritten;
    };
    for (let round = 0; round < 10; round += 1) {
      const ends = await Promise.all(Array.from({ length: 20 }, (_, number) => once(number)));
      expect(ends.every(Boolean)).toBe(true);
    }
    expect(await readdir(root)).toEqual([]);
  });

  test('a host’s directory may be a symbolic link to another disk', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'holdfast-elsewhere-'));
    try {
      await symlink(elsewhere, join(root, 'host'));
      await symlink('/does/not/exist', join(root, 'broken'));
      const storage = new LocalStorage(root);
      await store(storage, 'host/x', Buffer.from('x'));
      expect(await namesBelow(storage, '')).toEqual(['host/']);
      expect(await keysBelow(storage, '')).toEqual(['host/x']);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  test('a copy is a second name of the same file; where that cannot be, a file of its own', async () => {
    const elsewhere = await mkdtemp('/dev/shm/holdfast-elsewhere-');
    try {
      await symlink(elsewhere, join(root, 'far'));
      const storage = new LocalStorage(root);
      await store(storage, 'host/x', Buffer.from('bytes'));
      const options = { signal: neverAborted() };
      await storage.copy('host/x', 'host/y', options);
      expect((await stat(join(root, 'host/y'))).ino).toBe((await stat(join(root, 'host/x'))).ino);
      await storage.copy('host/x', 'far/deep/y', options);
      expect((await stat(join(root, 'far/deep/y'))).nlink).toBe(1);
      expect(await readFile(join(root, 'far/deep/y'), 'utf8')).toBe('bytes');
      await expect(storage.copy('host/x', 'far/deep/y', options)).rejects.toThrow('exists already');
      expect(await readdir(join(elsewhere, 'deep'))).toEqual(['y']);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  test('a root that is a file is DestinationNotFound', async () => {
    await store(new LocalStorage(root), 'file', Buffer.from('x'));
    const storage = new LocalStorage(join(root, 'file'));
    await expect(namesBelow(storage, '')).rejects.toMatchObject({ type: 'DestinationNotFound' });
    await expect(storage.size('x')).rejects.toMatchObject({ type: 'DestinationNotFound' });
  });

  test('a read-only file system is DestinationDenied', async () => {
    await mkdir(join(root, 'disk'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m,ro', 'tmpfs', join(root, 'disk')]);
    try {
      const storage = new LocalStorage(join(root, 'disk'));
      await expect(store(storage, 'a/x', Buffer.from('x'))).rejects.toMatchObject({ type: 'DestinationDenied' });
      await expect(storage.putIfAbsent('x', Buffer.from('x'))).rejects.toMatchObject({ type: 'DestinationDenied' });
    } finally {
      await run('umount', [join(root, 'disk')]);
    }
  });

  test('a full disk is DestinationFull: named after a program failed on it, and for small objects', async () => {
    await mkdir(join(root, 'disk'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(root, 'disk')]);
    try {
      const storage = new LocalStorage(join(root, 'disk'));
      const writer = await storage.createObject('a/x', { signal: neverAborted() });
      expect(await feed(writer, 'head', ['-c', '4000000', '/dev/zero'])).not.toBe(0);
      expect(await writer.explainFailure()).toMatchObject({ type: 'DestinationFull' });
      await expect(writer.commit()).rejects.toThrow();
      await writer.abort();
      await expect(storage.putIfAbsent('m', Buffer.alloc(2_000_000))).rejects.toMatchObject({
        type: 'DestinationFull',
      });
      expect(await keysBelow(storage, '')).toEqual([]);
      expect(await readdir(join(root, 'disk'))).toEqual([]);
      expect(await store(storage, 'a/x', Buffer.alloc(500_000))).toMatchObject({ sizeBytes: 500_000 });
    } finally {
      await run('umount', [join(root, 'disk')]);
    }
  });
});
