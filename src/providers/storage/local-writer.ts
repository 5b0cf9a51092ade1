import { rm } from 'node:fs/promises';
import { HoldfastError } from '../../core/failures.js';
import { assertNotAborted } from './abort.js';
import { explained, localFailure } from './local-failures.js';
import type { CreateOptions, ObjectWriter } from './object-storage.js';
import { TailHash } from './tail-hash.js';
import type { HashedFile } from './tail-hash.js';
import { createUnfinished, discard, publish } from './unfinished-file.js';
import type { UnfinishedFile } from './unfinished-file.js';

/** What is written to find out why a child could not write: enough to meet a full disk, little enough to be quick. */
const TRIAL_BYTES = 1024 * 1024;

/** Opens a hidden file that a child process may write to itself; its bytes are hashed meanwhile. */
export async function createLocalWriter(root: string, key: string, options: CreateOptions): Promise<ObjectWriter> {
  assertNotAborted(options.signal, `writing ${key} to ${root}`);
  const file = await explained(`create ${key} in ${root}`, () => createUnfinished(root, key));
  return new LocalWriter(root, key, file, options);
}

class LocalWriter implements ObjectWriter {
  readonly sink: { readonly fd: number };
  private readonly tail: TailHash;
  private state: 'open' | 'spoiled' | 'committed' = 'open';
  private isPublished = false;
  private isClosed = false;

  constructor(
    private readonly root: string,
    private readonly key: string,
    private readonly file: UnfinishedFile,
    private readonly options: CreateOptions,
  ) {
    this.sink = { fd: file.handle.fd };
    this.tail = new TailHash(file.temporary, options.onProgress);
  }

  async commit(): Promise<HashedFile> {
    assertNotAborted(this.options.signal, `writing ${this.key} to ${this.root}`);
    if (this.state !== 'open') throw new HoldfastError('InternalError', `${this.key} was committed or aborted before`);
    // Until it has ended well, `abort` must undo it.
    this.state = 'spoiled';
    const hashed = await explained(`write ${this.key} to ${this.root}`, () => this.makeVisible());
    this.state = 'committed';
    return hashed;
  }

  private async makeVisible(): Promise<HashedFile> {
    const hashed = await this.tail.finish();
    await this.file.handle.sync();
    const { size } = await this.file.handle.stat();
    await this.close();
    if (size !== hashed.sizeBytes) {
      throw new HoldfastError('InternalError', `${this.key} was still being written when it was to be committed`);
    }
    assertNotAborted(this.options.signal, `writing ${this.key} to ${this.root}`);
    this.isPublished = await publish(this.file);
    if (!this.isPublished) throw new HoldfastError('InternalError', `${this.key} exists already in ${this.root}`);
    return hashed;
  }

  async explainFailure(): Promise<HoldfastError | undefined> {
    if (this.isClosed) return undefined;
    this.state = 'spoiled';
    try {
      await this.file.handle.write(Buffer.alloc(TRIAL_BYTES));
      await this.file.handle.sync();
      return undefined;
    } catch (error) {
      return localFailure(error, `write ${this.key} to ${this.root}`);
    }
  }

  async abort(): Promise<void> {
    if (this.state === 'committed') return;
    this.state = 'spoiled';
    await this.tail.stop();
    await this.close();
    await explained(`remove the unfinished ${this.key} from ${this.root}`, async () => {
      if (this.isPublished) await rm(this.file.final, { force: true });
      await discard(this.root, this.file);
    });
  }

  private async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.file.handle.close();
  }
}
