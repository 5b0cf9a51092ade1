import { join } from 'node:path';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { IndexLine } from '../../core/entries/entry.js';
import type { StoredObject } from '../../core/archive/manifest.js';
import { encryptedName, indexName, PLAN_ENTRIES } from '../../core/archive/manifest-keys.js';
import type { Repository } from './open-repository.js';
import type { ActivityControl } from '../activity-control.js';
import { IndexFinisher, indexText } from './final-index.js';
import { storeCompressed } from './object-text.js';
import type { PlanRecord } from './plan-record.js';
import { decompressedLines, indexOpener } from './read-index.js';
import { HoldfastError } from '../../core/failures.js';
import type { ShardRecord } from './shard-record.js';
import type { StoredExtents } from './store-extent-maps.js';

export interface IndexSource {
  readonly backup: string;
  readonly planPrefix: string;
  readonly record: PlanRecord;
  readonly shards: readonly ShardRecord[];
  readonly large: StoredExtents;
  readonly directory: string;
}

export interface StoredIndex {
  readonly object: StoredObject & { readonly lines: number };
  readonly deleted: number;
  readonly finisher: IndexFinisher;
}

/** Turns a plan's draft into the backup's index: every entry's shard or flaw as it came out. */
export async function storeIndex(
  storage: Repository,
  source: IndexSource,
  control: ActivityControl,
): Promise<StoredIndex> {
  const { backup, planPrefix, record, directory } = source;
  const { signal } = control;
  const key = planPrefix + ((await storage.sealing()) ? encryptedName(PLAN_ENTRIES) : PLAN_ENTRIES);
  const file = await draftFile(storage, key, directory, signal);
  const draft = { file, key, opener: await indexOpener(storage, key) };
  const flaws = new Map(source.shards.flatMap((shard) => shard.flaws.map((flaw) => [flaw.path, flaw] as const)));
  const finisher = new IndexFinisher(flaws, record, source.large.flaws);
  const drafted = (): AsyncIterable<readonly IndexLine[]> => decompressedLines(draft, 'draft', signal);
  if (flaws.size > 0) for await (const batch of drafted()) for (const line of batch) finisher.learn(line);

  let lines = 0;
  let deleted = 0;
  const text = async function* (): AsyncGenerator<string> {
    for await (const batch of drafted()) {
      const finished = batch.map((line) => finisher.finish(line));
      lines += finished.length;
      for (const line of finished) if (line.deleted) deleted += 1;
      yield indexText(finished);
    }
  };
  const stored = await storeCompressed(storage, backup, indexName(control.attemptToken), text(), signal);
  if (lines !== record.draftLines) {
    throw new HoldfastError('ObjectDamaged', `${key} has ${lines} lines, not ${record.draftLines}`);
  }
  return { object: { ...stored, lines }, deleted, finisher };
}

async function draftFile(storage: Repository, key: string, directory: string, signal: AbortSignal): Promise<string> {
  const inPlace = storage.filePath?.(key);
  if (inPlace !== undefined) return inPlace;
  const copy = join(directory, 'draft');
  await pipeline(await storage.read(key, signal), createWriteStream(copy, { mode: 0o600 }), { signal });
  return copy;
}
