import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DestinationPlan } from '../../src/core/plan.js';
import { readSecret } from '../../src/providers/secrets/read-secret.js';
import type { ObjectStorage } from '../../src/providers/storage/object-storage.js';
import { openStorage } from '../../src/providers/storage/open-storage.js';
import { PartStream } from '../../src/providers/storage/part-stream.js';
import { collected, content, feed, fill, keysBelow, namesBelow, neverAborted, store } from '../support/object-feed.js';

const run = promisify(execFile);

export interface StorageUnderTest {
  readonly destination: DestinationPlan;
  /** The same kind of destination, whose bucket or directory does not exist. */
  readonly missing: DestinationPlan;
  stop(): Promise<void>;
}

const HOSTILE_KEYS = [
  '',
  '/',
  '/etc/passwd',
  '..',
  '../x',
  'a/../../x',
  'a/./b',
  'a//b',
  'a/',
  'a\0b',
  'a\nb',
  'a/\u0085',
  '.tmp-x',
  'a/.tmp-x/b',
  'x'.repeat(256),
  '\ud800',
];
const ODD_KEYS = [
  ' lead',
  'two  spaces/x',
  'a=b&c=d',
  '100%/%2F%2e%2e',
  'plus+plus',
  'ünï/日本語/🗄️',
  'e\u0301',
  '\u00e9',
  'it\'s "quoted"',
  'back\\slash',
  '-dash',
  '#hash?query',
  'a~b!c*d(e)',
  '<tag>&amp;',
  '...',
  'trailing ',
];

/** What every implementation of ObjectStorage must do. */
export function objectStorageContract(start: () => Promise<StorageUnderTest>): void {
  let subject: StorageUnderTest;
  let storage: ObjectStorage;

  beforeAll(async () => {
    subject = await start();
    storage = await openStorage(subject.destination, readSecret);
  });
  afterAll(async () => {
    await storage?.close();
    await subject?.stop();
  });

  describe('writing', () => {
    test('an object is visible only after commit, whole, with its size and SHA-256', async () => {
      const writer = await storage.createObject('w/host/x', { signal: neverAborted() });
      await fill(writer, Buffer.from('hello'));
      expect(await storage.size('w/host/x')).toBeUndefined();
      expect(await namesBelow(storage, 'w/')).toEqual([]);
      expect(await keysBelow(storage, 'w/')).toEqual([]);
      expect(await writer.commit()).toEqual({ sizeBytes: 5, sha256: sha256('hello') });
      expect((await content(storage, 'w/host/x')).toString()).toBe('hello');
      await writer.abort();
      expect(await storage.size('w/host/x')).toBe(5);
    });

    test('an aborted object leaves nothing, also when aborted twice, and cannot be committed', async () => {
      const writer = await storage.createObject('aborted/x', { signal: neverAborted() });
      await fill(writer, Buffer.alloc(100_000));
      await writer.abort();
      await writer.abort();
      await expect(writer.commit()).rejects.toThrow();
      expect(await storage.size('aborted/x')).toBeUndefined();
      expect(await namesBelow(storage, '')).not.toContain('aborted/');
    });

    test('an existing object is never overwritten', async () => {
      await store(storage, 'once/x', Buffer.from('first'));
      const second = await storage.createObject('once/x', { signal: neverAborted() });
      await fill(second, Buffer.from('second'));
      await expect(second.commit()).rejects.toThrow('exists already');
      await second.abort();
      expect((await content(storage, 'once/x')).toString()).toBe('first');
    });

    test('of two writers of one key exactly one commits', async () => {
      const writers = await Promise.all([1, 2].map(() => storage.createObject('two/x', { signal: neverAborted() })));
      await Promise.all(writers.map((writer, number) => fill(writer, Buffer.from(`writer ${number}`))));
      const ends = await Promise.allSettled(writers.map((writer) => writer.commit()));
      await Promise.all(writers.map((writer) => writer.abort()));
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await content(storage, 'two/x')).toString()).toBe(
        `writer ${ends.findIndex(({ status }) => status === 'fulfilled')}`,
      );
    });

    test('an object of 0 bytes is an object', async () => {
      expect(await store(storage, 'empty/x', Buffer.alloc(0))).toEqual({ sizeBytes: 0, sha256: sha256('') });
      expect(await storage.size('empty/x')).toBe(0);
      expect(await content(storage, 'empty/x')).toHaveLength(0);
    });

    test('40 MiB of a real program arrive with the SHA-256 that sha256sum finds', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'holdfast-contract-'));
      try {
        const file = join(directory, 'data');
        await run('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1M', 'count=40', 'status=none']);
        const progress: number[] = [];
        const writer = await storage.createObject('big/x', {
          signal: neverAborted(),
          estimateBytes: 1_000,
          onProgress: (bytes) => progress.push(bytes),
        });
        expect(await feed(writer, 'cat', [file])).toBe(0);
        const committed = await writer.commit();
        const { stdout } = await run('sha256sum', [file]);
        expect(committed).toEqual({ sizeBytes: 41_943_040, sha256: stdout.split(' ')[0] });
        expect(sha256(await content(storage, 'big/x'))).toBe(committed.sha256);
        expect(progress.at(-1)).toBe(41_943_040);
        expect(progress).toEqual([...progress].sort((a, b) => a - b));
      } finally {
        await rm(directory, { recursive: true });
      }
    });

    test('a program killed in mid-object looks like an end of the stream, and leaves nothing visible', async () => {
      const writer = await storage.createObject('killed/x', { signal: neverAborted() });
      const end = await feed(writer, 'sh', ['-c', 'head -c 20000000 /dev/zero; kill -9 $$']);
      expect(end).toBe('SIGKILL');
      expect(await keysBelow(storage, 'killed/')).toEqual([]);
      expect(await writer.explainFailure()).toBeUndefined();
      await writer.abort();
      expect(await keysBelow(storage, 'killed/')).toEqual([]);
    });

    test('a worker killed in mid-object leaves nothing visible, and its key can be written', async () => {
      await killedWorker(subject.destination, 'dead/x');
      expect(await storage.size('dead/x')).toBeUndefined();
      expect(await namesBelow(storage, 'dead/')).toEqual([]);
      expect(await namesBelow(storage, '')).not.toContain('dead/');
      await store(storage, 'dead/x', Buffer.from('alive'));
      expect(await keysBelow(storage, 'dead/')).toEqual(['dead/x']);
    });

    test('a cancelled write cannot be committed', async () => {
      const cancel = new AbortController();
      const writer = await storage.createObject('cancelled/x', { signal: cancel.signal });
      await fill(writer, Buffer.from('bytes'));
      cancel.abort();
      await expect(writer.commit()).rejects.toMatchObject({ type: 'Cancelled' });
      await writer.abort();
      await expect(storage.createObject('cancelled/x', { signal: cancel.signal })).rejects.toMatchObject({
        type: 'Cancelled',
      });
      expect(await keysBelow(storage, 'cancelled/')).toEqual([]);
    });
  });

  describe('putIfAbsent', () => {
    test('of 20 writers at once exactly one writes, and its bytes stand', async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, number) => storage.putIfAbsent('race/manifest.json', Buffer.from(`${number}`))),
      );
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await storage.readSmall('race/manifest.json'))?.toString()).toBe(`${results.indexOf(true)}`);
      expect(await storage.putIfAbsent('race/manifest.json', Buffer.from('late'))).toBe(false);
      expect(await namesBelow(storage, 'race/')).toEqual(['manifest.json']);
    });
  });

  describe('reading', () => {
    test('what is not there is ObjectMissing when read, undefined when looked up', async () => {
      await expect(storage.read('not/there')).rejects.toMatchObject({ type: 'ObjectMissing' });
      expect(await storage.readSmall('not/there')).toBeUndefined();
      expect(await storage.size('not/there')).toBeUndefined();
      expect(await namesBelow(storage, 'not/')).toEqual([]);
      expect(await keysBelow(storage, 'not/')).toEqual([]);
    });

    test('a cancelled read ends with Cancelled', async () => {
      await store(storage, 'read/x', Buffer.alloc(8_000_000, 1));
      const cancel = new AbortController();
      const stream = await storage.read('read/x', cancel.signal);
      const reading = collected(stream);
      cancel.abort();
      await expect(reading).rejects.toMatchObject({ type: 'Cancelled' });
      await expect(storage.read('read/x', cancel.signal)).rejects.toMatchObject({ type: 'Cancelled' });
    });

    test('a reader that stops early harms nothing', async () => {
      await store(storage, 'early/x', Buffer.alloc(8_000_000, 1));
      for await (const chunk of await storage.read('early/x')) {
        expect((chunk as Buffer).length).toBeGreaterThan(0);
        break;
      }
      await setImmediate();
      expect(await storage.size('early/x')).toBe(8_000_000);
    });
  });

  describe('listing', () => {
    test('names come in bytewise order: prefixes and objects of one level, or every key below', async () => {
      const keys = ['a b/x', 'a-b', 'a/x/deep', 'a/y', 'a0', 'aB', '\uff5e', '🗄/x'];
      for (const key of [...keys].reverse()) await storage.putIfAbsent(`list/${key}`, Buffer.from(key));
      expect(await collected(storage.list('list/'))).toEqual([
        { name: 'a b/', kind: 'prefix' },
        { name: 'a-b', kind: 'object', sizeBytes: 3 },
        { name: 'a/', kind: 'prefix' },
        { name: 'a0', kind: 'object', sizeBytes: 2 },
        { name: 'aB', kind: 'object', sizeBytes: 2 },
        { name: '\uff5e', kind: 'object', sizeBytes: 3 },
        { name: '🗄/', kind: 'prefix' },
      ]);
      expect(await keysBelow(storage, 'list/')).toEqual(keys.map((key) => `list/${key}`));
      expect(await namesBelow(storage, 'list/a/')).toEqual(['x/', 'y']);
      expect(await namesBelow(storage, '')).toContain('list/');
    });

    test('an object has its size and the time it was written', async () => {
      const beforeMs = Date.now() - 2_000;
      await store(storage, 'time/x', Buffer.from('123'));
      const [object] = await collected(storage.listAll('time/'));
      expect(object).toMatchObject({ key: 'time/x', sizeBytes: 3 });
      expect(object?.modifiedAtMs).toBeGreaterThan(beforeMs);
      expect(object?.modifiedAtMs).toBeLessThan(Date.now() + 2_000);
    });
  });

  describe('names', () => {
    test('spaces, signs and letters of any script survive writing, listing, reading and removal', async () => {
      const keys = ODD_KEYS.map((key) => `odd/${key}`);
      for (const key of keys) await store(storage, key, Buffer.from(key));
      expect((await keysBelow(storage, 'odd/')).sort()).toEqual([...keys].sort());
      for (const key of keys) expect((await content(storage, key)).toString()).toBe(key);
      await storage.remove(keys);
      expect(await keysBelow(storage, 'odd/')).toEqual([]);
    });

    test('names that could leave the destination or hide in it are refused everywhere', async () => {
      for (const key of HOSTILE_KEYS) {
        const calls = [
          storage.createObject(key, { signal: neverAborted() }),
          storage.putIfAbsent(key, Buffer.from('x')),
          storage.read(key),
          storage.readSmall(key),
          storage.size(key),
          storage.remove(['fine', key]),
          storage.fingerprint(key),
          storage.copy(key, 'fine', { signal: neverAborted() }),
          storage.copy('fine', key, { signal: neverAborted() }),
          collected(storage.listUnfinished(`${key}//`)),
          collected(storage.list(`${key}//`)),
          collected(storage.listAll(`${key}x`)),
        ];
        for (const call of await Promise.allSettled(calls)) {
          expect(call, JSON.stringify(key)).toMatchObject({ status: 'rejected', reason: { type: 'UnsafePath' } });
        }
      }
    });
  });

  describe('removal', () => {
    test('removes what is there, more than a thousand names at once, and does not mind what is not', async () => {
      for (const key of ['gone/a', 'gone/b', 'gone/deep/c', 'kept/x']) await storage.putIfAbsent(key, Buffer.from('x'));
      const absent = Array.from({ length: 1_010 }, (_, number) => `gone/absent-${number}`);
      await storage.remove([...absent, 'gone/a', 'gone/deep/c']);
      expect(await keysBelow(storage, 'gone/')).toEqual(['gone/b']);
      await storage.remove(['gone/a', 'gone/b']);
      await storage.remove([]);
      expect(await namesBelow(storage, '')).not.toContain('gone/');
      expect(await storage.size('kept/x')).toBe(1);
    });
  });

  describe('copying', () => {
    const options = { signal: neverAborted() };

    test('a copy has the same bytes, and outlives the first object', async () => {
      const bytes = Buffer.alloc(3_000_000, 'holdfast');
      await store(storage, 'copy/from=a&b +%2F/x', bytes);
      const progress: number[] = [];
      await storage.copy('copy/from=a&b +%2F/x', 'copy/to/y', { ...options, onProgress: (sum) => progress.push(sum) });
      expect(progress.at(-1)).toBe(bytes.length);
      await storage.remove(['copy/from=a&b +%2F/x']);
      expect(await keysBelow(storage, 'copy/')).toEqual(['copy/to/y']);
      expect((await content(storage, 'copy/to/y')).equals(bytes)).toBe(true);
    });

    test('an empty object can be copied', async () => {
      await store(storage, 'copy-empty/x', Buffer.alloc(0));
      await storage.copy('copy-empty/x', 'copy-empty/y', options);
      expect(await storage.size('copy-empty/y')).toBe(0);
    });

    test('a copy never overwrites, and one of nothing is ObjectMissing', async () => {
      await store(storage, 'copy-once/x', Buffer.from('first'));
      await store(storage, 'copy-once/y', Buffer.from('second'));
      await expect(storage.copy('copy-once/y', 'copy-once/x', options)).rejects.toThrow('exists already');
      expect((await content(storage, 'copy-once/x')).toString()).toBe('first');
      await expect(storage.copy('copy-once/z', 'copy-once/new', options)).rejects.toMatchObject({
        type: 'ObjectMissing',
      });
      expect(await keysBelow(storage, 'copy-once/')).toEqual(['copy-once/x', 'copy-once/y']);
    });

    test('a cancelled copy makes nothing', async () => {
      await store(storage, 'copy-cancelled/x', Buffer.from('bytes'));
      const signal = AbortSignal.abort();
      const copying = storage.copy('copy-cancelled/x', 'copy-cancelled/y', { signal });
      await expect(copying).rejects.toMatchObject({ type: 'Cancelled' });
      expect(await keysBelow(storage, 'copy-cancelled/')).toEqual(['copy-cancelled/x']);
    });
  });

  test('a fingerprint, where there is one, is of the content: the same again, another for other bytes', async () => {
    await store(storage, 'finger/a', Buffer.from('one'));
    await store(storage, 'finger/b', Buffer.from('two'));
    const [first, again, other] = [
      await storage.fingerprint('finger/a'),
      await storage.fingerprint('finger/a'),
      await storage.fingerprint('finger/b'),
    ];
    expect(again).toBe(first);
    if (first !== undefined) expect(other).not.toBe(first);
    expect(await storage.fingerprint('finger/none')).toBeUndefined();
  });

  describe('unfinished writes', () => {
    test('of a dead worker are listed with their place and time, and can be thrown away, alone', async () => {
      const beforeMs = Date.now() - 2_000;
      await store(storage, 'swept/host/whole', Buffer.from('whole'));
      await killedWorker(subject.destination, 'swept/host/src/x');
      await killedWorker(subject.destination, 'swept-not/x');
      const [left, ...others] = await collected(storage.listUnfinished('swept/'));
      expect(others).toEqual([]);
      expect(left?.under).toBe('swept/host/src/');
      expect(left?.startedAtMs).toBeGreaterThan(beforeMs);
      expect(left?.startedAtMs).toBeLessThan(Date.now() + 2_000);
      if (left) await storage.discardUnfinished(left);
      if (left) await storage.discardUnfinished(left);
      expect(await collected(storage.listUnfinished('swept/'))).toEqual([]);
      expect(await collected(storage.listUnfinished('swept-not/'))).toHaveLength(1);
      expect(await keysBelow(storage, 'swept/')).toEqual(['swept/host/whole']);
    });

    test('a live writer whose bytes were thrown away cannot commit', async () => {
      const writer = await storage.createObject('stolen/x', { signal: neverAborted() });
      await fill(writer, Buffer.alloc(40_000_000, 1));
      // A part that arrives meanwhile may outlive the end of its upload (AbortMultipartUpload in S3's API reference).
      if ('stream' in writer.sink && writer.sink.stream instanceof PartStream) await writer.sink.stream.settled();
      const [write, ...others] = await collected(storage.listUnfinished('stolen/'));
      expect(others).toEqual([]);
      if (write) await storage.discardUnfinished(write);
      expect(await collected(storage.listUnfinished('stolen/'))).toEqual([]);
      await expect(writer.commit()).rejects.toThrow();
      await writer.abort();
      expect(await keysBelow(storage, 'stolen/')).toEqual([]);
    });
  });

  test('a destination that does not exist is DestinationNotFound for every call, and is not created', async () => {
    const nowhere = await openStorage(subject.missing, readSecret);
    const notFound = { type: 'DestinationNotFound' };
    try {
      await expect(store(nowhere, 'a/x', Buffer.from('x'))).rejects.toMatchObject(notFound);
      await expect(store(nowhere, 'x', Buffer.from('x'))).rejects.toMatchObject(notFound);
      await expect(nowhere.putIfAbsent('a/x', Buffer.from('x'))).rejects.toMatchObject(notFound);
      await expect(nowhere.read('x')).rejects.toMatchObject(notFound);
      await expect(nowhere.readSmall('x')).rejects.toMatchObject(notFound);
      await expect(nowhere.size('x')).rejects.toMatchObject(notFound);
      await expect(collected(nowhere.list(''))).rejects.toMatchObject(notFound);
      await expect(collected(nowhere.listAll('a/'))).rejects.toMatchObject(notFound);
      await expect(nowhere.remove(['x'])).rejects.toMatchObject(notFound);
      await expect(nowhere.fingerprint('x')).rejects.toMatchObject(notFound);
      await expect(nowhere.copy('x', 'y', { signal: neverAborted() })).rejects.toMatchObject(notFound);
      await expect(collected(nowhere.listUnfinished('a/'))).rejects.toMatchObject(notFound);
    } finally {
      await nowhere.close();
    }
  });
}

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function killedWorker(destination: DestinationPlan, key: string): Promise<void> {
  const script = new URL('../support/abandoned-writer.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(destination), key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  try {
    const said = await Promise.race([once(child.stdout, 'data'), closed]);
    expect(String(said[0])).toBe('written\n');
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}
