import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { S3Destination } from '../../src/core/plan.js';
import { freePort } from '../../src/demo/loopback-port.js';
import { readSecret } from '../../src/providers/secrets/read-secret.js';
import type { ObjectStorage } from '../../src/providers/storage/object-storage.js';
import { openStorage } from '../../src/providers/storage/open-storage.js';
import { createS3Client } from '../../src/providers/storage/s3-client.js';
import { S3Storage } from '../../src/providers/storage/s3-storage.js';
import { collected, content, fill, keysBelow, namesBelow, neverAborted, store } from '../support/object-feed.js';
import { s3Destination } from '../support/s3-destination.js';
import { startFaultProxy } from '../support/s3-fault-proxy.js';
import type { FaultProxy, SeenRequest } from '../support/s3-fault-proxy.js';
import { startVersityGw } from '../support/versitygw.js';
import type { S3TestServer } from '../support/versitygw.js';
import { objectStorageContract } from './object-storage.js';

let server: S3TestServer;
beforeAll(async () => {
  server = await startVersityGw();
  await server.createBucket('backups');
});
afterAll(() => server?.stop());

describe('an S3 bucket', () => {
  objectStorageContract(async () => ({
    destination: s3Destination(server, { prefix: 'site one/holdfast' }),
    missing: s3Destination(server, { bucket: 'not-there' }),
    stop: async () => {},
  }));
});

describe('an S3 destination', () => {
  test('lists more objects than one answer holds', async () => {
    const directory = join(server.directory, 'backups', 'many/host');
    await mkdir(directory, { recursive: true });
    const names = Array.from({ length: 1_205 }, (_, number) => String(number).padStart(5, '0'));
    for (const name of names) await writeFile(join(directory, name), '');
    const storage = await openStorage(s3Destination(server, { prefix: 'many' }), readSecret);
    expect(await namesBelow(storage, 'host/')).toEqual(names);
    expect(await keysBelow(storage, '')).toEqual(names.map((name) => `host/${name}`));
    await storage.close();
  });

  test('sees nothing outside its prefix', async () => {
    const outer = await openStorage(s3Destination(server, { prefix: 'tenant' }), readSecret);
    const inner = await openStorage(s3Destination(server, { prefix: 'tenant/a' }), readSecret);
    const sibling = await openStorage(s3Destination(server, { prefix: 'tenant/ab' }), readSecret);
    await store(sibling, 'x', Buffer.from('x'));
    expect(await keysBelow(inner, '')).toEqual([]);
    expect(await keysBelow(outer, '')).toEqual(['ab/x']);
    await Promise.all([outer, inner, sibling].map((storage) => storage.close()));
  });

  test.each([
    ['a wrong secret', { secretAccessKey: { env: 'HOLDFAST_TEST_S3_KEY_ID' } }],
    ['an unknown key id', { accessKeyId: { env: 'HOLDFAST_TEST_S3_KEY' } }],
  ] satisfies [string, Partial<S3Destination>][])(
    'with %s is DestinationDenied for every call',
    async (_, settings) => {
      const storage = await openStorage(s3Destination(server, settings), readSecret);
      const denied = { type: 'DestinationDenied' };
      await expect(store(storage, 'x', Buffer.from('x'))).rejects.toMatchObject(denied);
      await expect(storage.putIfAbsent('x', Buffer.from('x'))).rejects.toMatchObject(denied);
      await expect(storage.read('x')).rejects.toMatchObject(denied);
      await expect(storage.size('x')).rejects.toMatchObject(denied);
      await expect(namesBelow(storage, '')).rejects.toMatchObject(denied);
      await storage.close();
    },
  );

  test('with one of its two keys is ConfigInvalid, with a secret that is not there SecretUnavailable', async () => {
    const { secretAccessKey, ...half } = s3Destination(server);
    await expect(openStorage(half, readSecret)).rejects.toMatchObject({ type: 'ConfigInvalid' });
    const absent = s3Destination(server, { secretAccessKey: { env: 'HOLDFAST_TEST_NOT_SET' } });
    await expect(openStorage(absent, readSecret)).rejects.toMatchObject({ type: 'SecretUnavailable' });
    expect(secretAccessKey).toBeDefined();
  });

  test('with a storage class that must be thawed before reading is refused', async () => {
    const frozen = s3Destination(server, { storageClass: 'DEEP_ARCHIVE' });
    await expect(openStorage(frozen, readSecret)).rejects.toMatchObject({ type: 'DestinationInvalid' });
  });

  test('whose server is down is DestinationUnreachable', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const limits = { connectTimeoutMs: 500, idleTimeoutMs: 500, maxAttempts: 2 };
    const storage = await openStorage(s3Destination(server, { endpoint }), readSecret, limits);
    await expect(storage.size('x')).rejects.toMatchObject({ type: 'DestinationUnreachable' });
    await expect(store(storage, 'x', Buffer.from('x'))).rejects.toMatchObject({ type: 'DestinationUnreachable' });
    await storage.close();
  });

  test('whose server accepts and says nothing is DestinationUnreachable once it was idle for the limit', async () => {
    const silent = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const limits = { connectTimeoutMs: 500, idleTimeoutMs: 300, maxAttempts: 2 };
    const storage = await openStorage(s3Destination(server, { endpoint }), readSecret, limits);
    await expect(storage.size('x')).rejects.toMatchObject({ type: 'DestinationUnreachable' });
    await storage.close();
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe('an S3 server with faults', () => {
  const MIB = 1024 * 1024;
  const bytes = Buffer.alloc(40 * MIB, 'holdfast');
  let proxy: FaultProxy;
  let storage: ObjectStorage;

  beforeEach(async () => {
    proxy = await startFaultProxy(server.port);
    const destination = s3Destination(server, { endpoint: proxy.endpoint, prefix: 'faults' });
    storage = await openStorage(destination, readSecret, {
      connectTimeoutMs: 1_000,
      idleTimeoutMs: 1_000,
      maxAttempts: 4,
    });
  });
  afterEach(async () => {
    await storage.close();
    await proxy.stop();
  });

  const isPart = ({ method, url }: SeenRequest): boolean => method === 'PUT' && url.includes('partNumber=');
  const isCompletion = ({ method, url }: SeenRequest): boolean => method === 'POST' && url.includes('uploadId=');
  const isPut = ({ method, url }: SeenRequest): boolean => method === 'PUT' && !url.includes('uploadId=');
  const isAbort = ({ method, url }: SeenRequest): boolean => method === 'DELETE' && url.includes('uploadId=');
  const isConditional = ({ headers }: SeenRequest): boolean => headers['if-none-match'] !== undefined;
  /** True for the first `count` requests that `matches`. */
  const first = (count: number, matches: (request: SeenRequest) => boolean) => (request: SeenRequest) =>
    matches(request) && proxy.seen.filter(matches).length <= count;

  test.each([
    'reset',
    'never-answer',
    { status: 500, code: 'InternalError' },
    { status: 503, code: 'SlowDown' },
  ] as const)('sends a part again after %j', async (fault) => {
    const isHit = first(2, isPart);
    proxy.decide = (request) => (isHit(request) ? fault : 'pass');
    const key = `part-${JSON.stringify(fault)}`;
    await store(storage, key, bytes);
    expect((await content(storage, key)).equals(bytes)).toBe(true);
    expect(proxy.seen.filter(isPart)).toHaveLength(5);
  });

  test('a part that never gets through is DestinationUnreachable, stops the writer, and abort removes the rest', async () => {
    proxy.decide = (request) => (isPart(request) && request.url.includes('partNumber=2') ? 'reset' : 'pass');
    const writer = await storage.createObject('part-lost', { signal: neverAborted() });
    const unreachable = { type: 'DestinationUnreachable' };
    await expect(fill(writer, bytes).then(() => writer.commit())).rejects.toMatchObject(unreachable);
    expect(await writer.explainFailure()).toMatchObject(unreachable);
    await writer.abort();
    expect(proxy.seen.filter(isAbort)).toHaveLength(1);
    expect(proxy.seen.filter(isCompletion)).toHaveLength(0);
    expect(await storage.size('part-lost')).toBeUndefined();
  });

  test('the stream’s end completes nothing', async () => {
    const writer = await storage.createObject('ended', { signal: neverAborted() });
    await fill(writer, bytes);
    expect(proxy.seen.filter(isCompletion)).toHaveLength(0);
    expect(await storage.size('ended')).toBeUndefined();
    await writer.abort();
    expect(proxy.seen.filter(isAbort)).toHaveLength(1);
  });

  test('a completion whose answer is lost counts once, as done', async () => {
    const isHit = first(1, isCompletion);
    proxy.decide = (request) => (isHit(request) ? 'lose-answer' : 'pass');
    expect(await store(storage, 'lost-completion', bytes)).toMatchObject({ sizeBytes: bytes.length });
    expect(proxy.seen.filter(isCompletion).length).toBeGreaterThan(1);
  });

  test('a completion whose every answer is lost is found done by looking', async () => {
    proxy.decide = (request) => (isCompletion(request) ? 'lose-answer' : 'pass');
    expect(await store(storage, 'lost-completions', bytes)).toMatchObject({ sizeBytes: bytes.length });
    expect(await storage.size('lost-completions')).toBe(bytes.length);
  });

  test('a completion answered with NoSuchUpload is a failure when the object is not there', async () => {
    proxy.decide = (request) => (isCompletion(request) ? { status: 404, code: 'NoSuchUpload' } : 'pass');
    const writer = await storage.createObject('no-upload', { signal: neverAborted() });
    await fill(writer, bytes);
    await expect(writer.commit()).rejects.toMatchObject({ type: 'TransferInterrupted' });
    await writer.abort();
  });

  test('a small object whose answer is lost is written, by this writer', async () => {
    proxy.decide = (request) => (isPut(request) ? 'lose-answer' : 'pass');
    expect(await storage.putIfAbsent('lost-put', Buffer.from('mine'))).toBe(true);
    expect(await storage.putIfAbsent('lost-put', Buffer.from('mine'))).toBe(false);
    expect((await storage.readSmall('lost-put'))?.toString()).toBe('mine');
  });

  test('writes that meet another writer at the same moment (409) are tried again', async () => {
    const isHit = first(2, isPut);
    proxy.decide = (request) => (isHit(request) ? { status: 409, code: 'ConditionalRequestConflict' } : 'pass');
    expect(await storage.putIfAbsent('conflict', Buffer.from('x'))).toBe(true);
  });

  test('a server without conditional writes gets plain ones, and existing objects stand', async () => {
    proxy.decide = (request) => (isConditional(request) ? { status: 501, code: 'NotImplemented' } : 'pass');
    expect(await storage.putIfAbsent('plain', Buffer.from('x'))).toBe(true);
    expect(await storage.putIfAbsent('plain', Buffer.from('y'))).toBe(false);
    await store(storage, 'plain-large', bytes);
    await expect(store(storage, 'plain-large', bytes)).rejects.toThrow('exists already');
    expect((await storage.readSmall('plain'))?.toString()).toBe('x');
  });

  test('a full bucket is DestinationFull, at once', async () => {
    proxy.decide = (request) => (request.method === 'PUT' ? { status: 403, code: 'QuotaExceeded' } : 'pass');
    await expect(storage.putIfAbsent('full', Buffer.from('x'))).rejects.toMatchObject({ type: 'DestinationFull' });
    expect(proxy.seen.filter(isPut)).toHaveLength(1);
  });

  test('objects that the server refuses to remove are named', async () => {
    await storage.putIfAbsent('kept', Buffer.from('x'));
    proxy.decide = (request) => (request.url.includes('delete') ? { status: 403, code: 'AccessDenied' } : 'pass');
    await expect(storage.remove(['kept'])).rejects.toMatchObject({ type: 'DestinationDenied' });
    expect(await keysBelow(storage, '')).toContain('kept');
  });

  describe('a large object', () => {
    const isCopy = ({ headers }: SeenRequest): boolean => headers['x-amz-copy-source'] !== undefined;
    const inParts = async (): Promise<S3Storage> => {
      const destination = s3Destination(server, { endpoint: proxy.endpoint, prefix: 'faults' });
      return new S3Storage(await createS3Client(destination, readSecret), destination, 16 * MIB);
    };

    test('is copied by the server in parts; its bytes do not come here', async () => {
      await store(storage, 'large', bytes);
      const copier = await inParts();
      proxy.seen.length = 0;
      await copier.copy('large', 'large copy', { signal: neverAborted() });
      expect(proxy.seen.filter(isCopy)).toHaveLength(3);
      expect(proxy.seen.filter(({ method, url }) => method === 'GET' && url.includes('large'))).toEqual([]);
      expect((await content(storage, 'large copy')).equals(bytes)).toBe(true);
      await copier.close();
    });

    test('of which a part cannot be copied leaves no upload behind', async () => {
      await store(storage, 'torn', bytes);
      proxy.decide = (request) =>
        isCopy(request) && request.url.includes('partNumber=2') ? { status: 403, code: 'AccessDenied' } : 'pass';
      const copier = await inParts();
      const copying = copier.copy('torn', 'torn copy', { signal: neverAborted() });
      await expect(copying).rejects.toMatchObject({ type: 'DestinationDenied' });
      const left = await collected(copier.listUnfinished(''));
      expect(left.filter(({ token }) => token.includes('torn'))).toEqual([]);
      expect(await storage.size('torn copy')).toBeUndefined();
      await copier.close();
    });
  });

  test('a listing goes on over errors', async () => {
    const isHit = first(2, ({ url }) => url.includes('list-type=2'));
    proxy.decide = (request) => (isHit(request) ? { status: 500, code: 'InternalError' } : 'pass');
    await storage.putIfAbsent('listed/x', Buffer.from('x'));
    expect(await collected(storage.list('listed/'))).toEqual([{ name: 'x', kind: 'object', sizeBytes: 1 }]);
  });
});
