import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addDamage, type DamagedObject, type FoundDamage, NO_DAMAGE } from '../../core/verify/damage.js';
import type { StoredLine } from '../../core/entries/entry.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import type { Manifest, ShardObject, StoredObject } from '../../core/archive/manifest.js';
import { backupPrefix } from '../../core/archive/manifest-keys.js';
import { FindingList, type Findings } from '../../core/verify/findings.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { readManifest } from '../archive/chain.js';
import { type FetchedIndex, fetchIndex, fetchObject, readIndexLines } from '../archive/read-index.js';
import { withSpool } from '../archive/spool.js';
import type { Repository } from '../archive/open-repository.js';
import type { VerifyDataInput, VerifyDataResult } from '../contract.js';
import { checkShard } from './check-shard.js';
import { dueBatches } from './data-batches.js';
import { extentHashes } from './extent-hashes.js';
import { contentOf } from './opened-object.js';
import { IS_DAMAGE } from './verify-backup.js';
import { withRepository } from './with-repository.js';

const REMARKS = 20;

/** Reads one batch of a backup's objects. Damage is told object by object and never stops the rest. */
export async function verifyData(
  providers: Providers,
  control: ActivityControl,
  input: VerifyDataInput,
): Promise<VerifyDataResult> {
  const { host, source, backupId, batch } = input;
  return withRepository(providers, input, (storage) =>
    withSpool(providers, async (directory) => {
      const manifest = await manifestOf(storage, host.name, source.name, backupId);
      if (manifest === undefined) return NOTHING_READ;
      const objects = (await dueBatches(storage, input, manifest)).batches[batch] ?? [];
      const reading = new Reading({ storage, control, manifest, directory });
      await reading.open(objects);
      for (const object of objects) await reading.read(object);
      return reading.result();
    }),
  );
}

const NOTHING_READ: VerifyDataResult = {
  damage: NO_DAMAGE,
  objectsRead: 0,
  bytesRead: 0,
  members: 0,
  remarks: { count: 0, first: [] },
};

/** Undefined when it is gone, or damaged, which the look at the structure has told. */
async function manifestOf(
  storage: Repository,
  host: string,
  source: string,
  id: string,
): Promise<Manifest | undefined> {
  try {
    return await readManifest(storage, host, source, id);
  } catch (error) {
    if (isHoldfastError(error) && IS_DAMAGE.has(error.type)) return undefined;
    throw error;
  }
}

interface ReadingPlace {
  readonly storage: Repository;
  readonly control: ActivityControl;
  readonly manifest: Manifest;
  readonly directory: string;
}

class Reading {
  #damage: FoundDamage = NO_DAMAGE;
  #objects = 0;
  #bytes = 0;
  #members = 0;
  readonly #remarks = new FindingList();
  #lines: ReadonlyMap<number, readonly StoredLine[]> = new Map();
  #index: FetchedIndex | undefined;
  #hashes: ReadonlyMap<string, string> = new Map();

  constructor(private readonly place: ReadingPlace) {}

  /** Reads what the maps say of these extents, and the lines of these shards; an index that cannot be read was told with the structure, its shards are then only hashed. */
  async open(objects: readonly StoredObject[]): Promise<void> {
    const { storage, control, manifest, directory } = this.place;
    const remark = (reason: string): void => this.#remarks.add(reason);
    this.#hashes = await extentHashes(storage, manifest, objects, directory, remark, control.signal);
    const wanted = new Map(
      objects.flatMap((object) => (isShard(manifest, object) ? [[object.number, [] as StoredLine[]]] : [])),
    );
    if (wanted.size === 0) return;
    try {
      const index = await fetchIndex(storage, manifest, directory, control.signal);
      for await (const batch of readIndexLines(index, control.signal)) {
        for (const line of batch) if (!line.deleted && line.shard !== undefined) wanted.get(line.shard)?.push(line);
      }
      this.#index = index;
      this.#lines = wanted;
    } catch (error) {
      if (!isHoldfastError(error) || !IS_DAMAGE.has(error.type)) throw error;
    }
  }

  async read(object: StoredObject): Promise<void> {
    const { storage, control, manifest, directory } = this.place;
    control.signal.throwIfAborted();
    control.progress({ backup: manifest.id, objects: this.#objects, bytes: this.#bytes });
    const key = backupPrefix(manifest.host, manifest.source, manifest.id) + object.name;
    const copy = join(directory, 'object');
    try {
      const file = await fetchObject(storage, key, object, copy, control.signal);
      await this.#content(object, file);
      this.#bytes += object.sizeBytes;
    } catch (error) {
      if (!isHoldfastError(error) || !IS_DAMAGE.has(error.type)) throw error;
      this.#add({ name: object.name, problem: error.message });
    } finally {
      await rm(copy, { force: true });
    }
    this.#objects += 1;
  }

  result(): VerifyDataResult {
    return {
      damage: this.#damage,
      objectsRead: this.#objects,
      bytesRead: this.#bytes,
      members: this.#members,
      remarks: this.#remarks.findings(REMARKS),
    };
  }

  async #content(object: StoredObject, file: string): Promise<void> {
    const { storage, control, manifest } = this.place;
    const content = contentOf(storage, file, object.name, control.signal);
    if (!isShard(manifest, object) || this.#index === undefined) {
      const expected = this.#hashes.get(object.name);
      const hash = expected === undefined ? undefined : createHash('sha256');
      for await (const chunk of content) {
        control.signal.throwIfAborted();
        hash?.update(chunk);
      }
      if (hash?.digest('hex') === expected) return;
      throw new HoldfastError('ObjectDamaged', 'its content is not the one that the map of its file records');
    }
    const lines = this.#lines.get(object.number) ?? [];
    const { problems, remarks, members } = await checkShard(
      manifest,
      object,
      lines,
      content,
      this.#index,
      control.signal,
    );
    this.#members += members;
    for (const remark of remarks.first) this.#remarks.add(remark);
    this.#remarks.count += remarks.count - remarks.first.length;
    if (problems.count > 0) throw new HoldfastError('ObjectDamaged', sentence(problems));
  }

  #add(object: DamagedObject): void {
    this.#damage = addDamage(this.#damage, { whole: false, count: 1, first: [object] });
  }
}

const isShard = (manifest: Manifest, object: StoredObject): object is ShardObject =>
  manifest.shards.some(({ name }) => name === object.name);

function sentence({ count, first }: Findings): string {
  const shown = first.slice(0, 3).join('; ');
  return `it is not what its index says: ${shown}${count > 3 ? `; and ${count - 3} more` : ''}`.slice(0, 1_000);
}
