import { open, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { HoldfastError } from '../../core/failures.js';
import { assertKey, assertPrefix } from '../../core/archive/object-keys.js';
import { assertNotAborted } from './abort.js';
import { removeEmptyDirectories } from './local-directories.js';
import { explainedStream } from './explained-stream.js';
import { codeOf, explained, localFailure, rootMissing } from './local-failures.js';
import { copyObject } from './local-copy.js';
import { listNames, listObjects } from './local-listing.js';
import { discardUnfinished, listUnfinished } from './local-unfinished.js';
import { createLocalWriter } from './local-writer.js';
import { SMALL_OBJECT_BYTES } from './object-storage.js';
import type {
  CopyOptions,
  CreateOptions,
  ListedName,
  ListedObject,
  ObjectStorage,
  ObjectWriter,
  UnfinishedWrite,
} from './object-storage.js';
import { createUnfinished, discard, publish } from './unfinished-file.js';

const READ_BYTES = 1024 * 1024;

/** Objects as files below a directory, which must exist already. Files are 0600, directories 0700. */
export class LocalStorage implements ObjectStorage {
  readonly location: string;

  /** `root`: an absolute directory. */
  constructor(private readonly root: string) {
    this.location = root;
  }

  async createObject(key: string, options: CreateOptions): Promise<ObjectWriter> {
    assertKey(key);
    return createLocalWriter(this.root, key, options);
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    assertKey(key);
    return explained(`write ${key} to ${this.root}`, async () => {
      const file = await createUnfinished(this.root, key);
      try {
        await file.handle.writeFile(bytes);
        await file.handle.sync();
        return await publish(file);
      } finally {
        await file.handle.close();
        await discard(this.root, file);
      }
    });
  }

  async read(key: string, signal?: AbortSignal): Promise<Readable> {
    assertKey(key);
    assertNotAborted(signal, `reading ${key} from ${this.root}`);
    const file = await this.found(key, (path) => open(path, 'r'));
    if (!file) throw await this.missing(key);
    const bytes = file.createReadStream({ highWaterMark: READ_BYTES });
    return explainedStream(bytes, (error) => localFailure(error, `read ${key} from ${this.root}`), signal);
  }

  async readSmall(key: string): Promise<Buffer | undefined> {
    assertKey(key);
    const file = await this.found(key, (path) => open(path, 'r'));
    if (!file) return this.absent();
    try {
      return await explained(`read ${key} from ${this.root}`, async () => {
        const { size } = await file.stat();
        if (size <= SMALL_OBJECT_BYTES) return file.readFile();
        throw new HoldfastError('ObjectDamaged', `${key} in ${this.root} has ${size} bytes, too many for what it is`);
      });
    } finally {
      await file.close();
    }
  }

  async size(key: string): Promise<number | undefined> {
    assertKey(key);
    const status = await this.found(key, (path) => stat(path));
    return status?.isFile() ? status.size : this.absent();
  }

  /** Files have none. */
  async fingerprint(key: string): Promise<undefined> {
    assertKey(key);
    return this.absent();
  }

  async copy(fromKey: string, toKey: string, { signal, onProgress }: CopyOptions): Promise<void> {
    [fromKey, toKey].forEach(assertKey);
    assertNotAborted(signal, `copying ${fromKey} in ${this.root}`);
    await this.assertRoot();
    await explained(`copy ${fromKey} to ${toKey} in ${this.root}`, () => copyObject(this.root, fromKey, toKey));
    onProgress?.((await this.size(toKey)) ?? 0);
  }

  filePath(key: string): string {
    assertKey(key);
    return join(this.root, key);
  }

  async *list(prefix: string): AsyncGenerator<ListedName> {
    assertPrefix(prefix);
    yield* this.listed(prefix, listNames(join(this.root, prefix)));
  }

  async *listAll(prefix: string): AsyncGenerator<ListedObject> {
    assertPrefix(prefix);
    yield* this.listed(prefix, listObjects(join(this.root, prefix), prefix));
  }

  async remove(keys: readonly string[]): Promise<void> {
    keys.forEach(assertKey);
    for (const key of keys) {
      const path = join(this.root, key);
      await this.found(key, unlink);
      await removeEmptyDirectories(this.root, dirname(path));
    }
    await this.assertRoot();
  }

  async *listUnfinished(prefix: string): AsyncGenerator<UnfinishedWrite> {
    assertPrefix(prefix);
    yield* this.listed(prefix, listUnfinished(this.root, prefix));
  }

  async discardUnfinished(write: UnfinishedWrite): Promise<void> {
    assertPrefix(write.under);
    await explained(`remove an unfinished object of ${this.root}`, () => discardUnfinished(this.root, write));
  }

  async close(): Promise<void> {}

  private async *listed<T>(prefix: string, items: AsyncGenerator<T>): AsyncGenerator<T> {
    await this.assertRoot();
    try {
      yield* items;
    } catch (error) {
      throw localFailure(error, `list ${join(this.root, prefix)}`);
    }
  }

  /** Undefined when there is no such file. */
  private async found<T>(key: string, work: (path: string) => Promise<T>): Promise<T | undefined> {
    try {
      return await work(join(this.root, key));
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw localFailure(error, `reach ${key} in ${this.root}`);
    }
  }

  /** An object that is not there in a root that is not there says nothing about the object. */
  private async absent(): Promise<undefined> {
    await this.assertRoot();
    return undefined;
  }

  private async missing(key: string): Promise<HoldfastError> {
    await this.assertRoot();
    return new HoldfastError('ObjectMissing', `${key} is missing in ${this.root}`);
  }

  private async assertRoot(): Promise<void> {
    try {
      if ((await stat(this.root)).isDirectory()) return;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw rootMissing(this.root);
      throw localFailure(error, `reach ${this.root}`);
    }
    throw new HoldfastError('DestinationNotFound', `the destination ${this.root} is not a directory`);
  }
}
