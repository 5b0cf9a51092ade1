import { nextBackupTimeMs } from '../../core/archive/backup-time.js';
import type { ConsolidationPlan } from '../../core/archive/consolidation.js';
import type { Manifest, ManifestContent, StoredObject } from '../../core/archive/manifest.js';
import type { ConsolidateBackupInput } from '../contract.js';
import type { CopiedObjects } from './copy-chain-objects.js';

interface NewBackup {
  readonly id: string;
  readonly plan: ConsolidationPlan;
  readonly copied: CopiedObjects;
  readonly index: Manifest['index'];
  readonly input: ConsolidateBackupInput;
}

/** The manifest of a level 0 that has the state of `newest`. Its scan is the one of the backup whose state it has: what changed since is for the next backup to find. */
export function composeConsolidated(newest: Manifest, { id, plan, copied, index, input }: NewBackup): ManifestContent {
  const { checksum, signature: _signature, extents: _extents, encryption: _encryption, ...rest } = newest;
  const { shards, extents } = copied;
  const stored: readonly StoredObject[] = [index, ...shards, ...(extents?.maps ?? []), ...(extents?.stored ?? [])];
  return {
    ...rest,
    id,
    level: 0,
    parent: null,
    chain: [id],
    startedAt: new Date(nextBackupTimeMs(input.startedAtMs, newest.id)).toISOString(),
    finishedAt: new Date().toISOString(),
    changed: index.lines,
    deleted: 0,
    bytes: {
      source: newest.bytes.source,
      raw: sum(shards.map(({ rawBytes }) => rawBytes)) + (extents?.rawBytes ?? 0),
      stored: sum(stored.map(({ sizeBytes }) => sizeBytes)),
    },
    index,
    shards,
    ...(extents === undefined ? {} : { extents }),
    run: input.run,
    previous: { id: newest.id, checksum },
    consolidated: { from: newest.id, chain: newest.chain, deadBytes: Math.round(plan.deadBytes) },
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
