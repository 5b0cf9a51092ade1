import { parseBackupId } from '../ids.js';

/** Where things lie in a destination; every key of format 1 is made here. */
export const REPOSITORY_KEY = 'holdfast.json';
export const MANIFEST_NAME = 'manifest.json';

export const sourcePrefix = (host: string, source: string): string => `${host}/${source}/`;
export const backupPrefix = (host: string, source: string, id: string): string => `${sourcePrefix(host, source)}${id}/`;
export const manifestKey = (host: string, source: string, id: string): string =>
  `${backupPrefix(host, source, id)}${MANIFEST_NAME}`;

/** What an object's name says about its bytes: `x.tar.zst.age` is a tar, compressed with zstd, then encrypted with age. */
const ENCRYPTED = '.age';
export const encryptedName = (name: string): string => name + ENCRYPTED;
export const isEncrypted = (name: string): boolean => name.endsWith(ENCRYPTED);
export const isCompressed = (name: string): boolean => /\.zst(?:\.age)?$/.test(name);

const shardDigits = (shard: number): string => String(shard).padStart(5, '0');

/** Names within a backup's prefix carry the attempt that wrote them: nothing is ever overwritten. */
export const shardName = (shard: number, attemptToken: string, compressed = true): string =>
  `shard-${shardDigits(shard)}-${attemptToken}.tar${compressed ? '.zst' : ''}`;
const fileDigits = (file: number): string => String(file).padStart(5, '0');
/** One extent of the backup's large file `file`. */
export const extentName = (file: number, extent: number, attemptToken: string, compressed = true): string =>
  `extents/${fileDigits(file)}-${String(extent).padStart(7, '0')}-${attemptToken}${compressed ? '.zst' : ''}`;
export const extentMapName = (file: number, attemptToken: string): string =>
  `extents/${fileDigits(file)}-map-${attemptToken}.jsonl.zst`;
export const indexName = (attemptToken: string): string => `index-${attemptToken}.jsonl.zst`;
export const planPrefix = (backup: string, attemptToken: string): string => `${backup}plan-${attemptToken}/`;

/** Names within a plan's prefix. */
export const PLAN_RECORD = 'plan.json';
export const PLAN_ENTRIES = 'entries.jsonl.zst';
export const planNamesName = (shard: number): string => `shard-${shardDigits(shard)}.names.gz`;
export const PLAN_EXTENTS = 'extents.json.gz';
/** Records of batches of extents: a key below for each extent that is done, and one for the batch when all of them are. */
export const extentsDonePrefix = (batch?: number): string =>
  `extents-done/${batch === undefined ? '' : `${shardDigits(batch)}/`}`;
export const DONE_PREFIX = 'done/';
export const donePrefix = (shard: number): string => `${DONE_PREFIX}${shardDigits(shard)}/`;

/** Records of verifications and drills, beside the backups; a host cannot be called so. */
export const damagePrefix = (host: string, source: string): string => `.holdfast/damage/${host}/${source}/`;
export const damageKey = (host: string, source: string, id: string): string =>
  `${damagePrefix(host, source)}${id}.json`;
export const proofPrefix = (host: string, source: string): string => `.holdfast/proofs/${host}/${source}/`;
export const proofKey = (host: string, source: string, id: string): string => `${proofPrefix(host, source)}${id}.json`;
export const readRoundPrefix = (host: string, source: string): string => `.holdfast/read-rounds/${host}/${source}/`;
export const readRoundKey = (host: string, source: string, round: number): string =>
  `${readRoundPrefix(host, source)}${round}.json`;

/** Records of retention, likewise: what a person keeps, what is going to be deleted, and what earlier prunes did. */
export const pinPrefix = (host: string, source: string): string => `.holdfast/pins/${host}/${source}/`;
export const pinKey = (host: string, source: string, id: string): string => `${pinPrefix(host, source)}${id}.json`;
export const pendingPrefix = (host: string, source: string): string => `.holdfast/pending-delete/${host}/${source}/`;
export const pendingKey = (host: string, source: string, id: string): string =>
  `${pendingPrefix(host, source)}${id}.json`;
export const PRUNES_PREFIX = '.holdfast/prunes/';

/** Orders backup ids by time, then level. */
export function compareBackupIds(a: string, b: string): number {
  const left = parseBackupId(a);
  const right = parseBackupId(b);
  if (left === undefined || right === undefined) throw new RangeError(`not backup ids: ${a}, ${b}`);
  return left.timeMs - right.timeMs || left.level - right.level;
}
