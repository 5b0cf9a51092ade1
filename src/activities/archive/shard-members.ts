import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { bytesOf, byteStringOf } from '../../core/entries/entry.js';
import { HoldfastError } from '../../core/failures.js';
import type { ShardKind } from '../../core/archive/manifest.js';
import { planNamesName } from '../../core/archive/manifest-keys.js';
import type { CutShard } from '../../core/archive/shard-cutter.js';
import type { Repository } from './open-repository.js';
import { putPlanObject, readPlanObject } from './plan-object.js';

/** What a shard is to hold. */
export interface ShardMembers {
  readonly kind: ShardKind;
  readonly rawBytes: number;
  /** Absent: as the plan says. */
  readonly compression?: 'none';
  /** Names as tar takes them, NUL-ended. */
  readonly list: Buffer;
  /** The same, each for itself; byte strings. */
  readonly names: readonly string[];
}

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A plan's list of one shard: a record about it, then the members' names, each ended by NUL. */
export async function storeMembers(storage: Repository, prefix: string, shard: CutShard): Promise<void> {
  const head = JSON.stringify({ kind: shard.kind, rawBytes: shard.rawBytes, compression: shard.compression });
  const members = shard.names.map((name) => `${name === '' ? '.' : name}\0`).join('');
  const key = prefix + planNamesName(shard.number);
  await putPlanObject(storage, key, await compress(bytesOf(`${head}\0${members}`), { level: 1 }));
}

/** Throws ObjectMissing when the plan is gone. */
export async function readMembers(storage: Repository, prefix: string, shard: number): Promise<ShardMembers> {
  const key = prefix + planNamesName(shard);
  const stored = await readPlanObject(storage, key);
  if (stored === undefined) {
    throw new HoldfastError('ObjectMissing', `the plan’s list ${key} is no longer in ${storage.location}`);
  }
  const bytes = await decompress(stored);
  const headEnd = bytes.indexOf(0);
  const head = JSON.parse(bytes.toString('utf8', 0, headEnd)) as Pick<
    ShardMembers,
    'kind' | 'rawBytes' | 'compression'
  >;
  const list = bytes.subarray(headEnd + 1);
  return { ...head, list, names: byteStringOf(list).split('\0').slice(0, -1) };
}
