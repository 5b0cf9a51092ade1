import { parseBackupId } from './ids.js';

/** Where things lie in a destination; every key of format 1 is made here. */
export const REPOSITORY_KEY = 'holdfast.json';
export const MANIFEST_NAME = 'manifest.json';

export const sourcePrefix = (host: string, source: string): string => `${host}/${source}/`;
export const backupPrefix = (host: string, source: string, id: string): string => `${sourcePrefix(host, source)}${id}/`;
export const manifestKey = (host: string, source: string, id: string): string =>
  `${backupPrefix(host, source, id)}${MANIFEST_NAME}`;

const shardDigits = (shard: number): string => String(shard).padStart(5, '0');

/** Names within a backup's prefix carry the attempt that wrote them: nothing is ever overwritten. */
export const shardName = (shard: number, attemptToken: string): string =>
  `shard-${shardDigits(shard)}-${attemptToken}.tar.zst`;
export const indexName = (attemptToken: string): string => `index-${attemptToken}.jsonl.zst`;
export const planPrefix = (backup: string, attemptToken: string): string => `${backup}plan-${attemptToken}/`;

/** Names within a plan's prefix. */
export const PLAN_RECORD = 'plan.json';
export const PLAN_ENTRIES = 'entries.jsonl.zst';
export const planNamesName = (shard: number): string => `shard-${shardDigits(shard)}.names.gz`;
export const DONE_PREFIX = 'done/';
export const donePrefix = (shard: number): string => `${DONE_PREFIX}${shardDigits(shard)}/`;

/** Orders backup ids by time, then level. */
export function compareBackupIds(a: string, b: string): number {
  const left = parseBackupId(a);
  const right = parseBackupId(b);
  if (left === undefined || right === undefined) throw new RangeError(`not backup ids: ${a}, ${b}`);
  return left.timeMs - right.timeMs || left.level - right.level;
}
