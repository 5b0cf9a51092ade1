import { textOf } from '../../core/entry.js';
import type { FlawedEntry, Manifest } from '../../core/manifest.js';
import { FORMAT } from '../../core/manifest.js';
import { parseBackupId } from '../../core/ids.js';
import type { CommitArchiveInput } from '../contract.js';
import type { PlanRecord } from './plan-record.js';
import type { ShardFlaw, ShardRecord } from './shard-record.js';
import type { StoredIndex } from './store-index.js';

export interface ManifestParts extends CommitArchiveInput {
  readonly record: PlanRecord;
  readonly shards: readonly ShardRecord[];
  readonly index: StoredIndex;
  readonly holdfastVersion: string;
}

const FIRST = 100;

/** The commit record of a backup whose objects are all stored. */
export function composeManifest(parts: ManifestParts): Omit<Manifest, 'checksum'> {
  const { host, source, plan, record, index, run } = parts;
  const flaws = flawsOf(parts);
  const { finisher } = index;
  const gone = finisher.vanished.counts();
  const shards = parts.shards.map(({ shard }) => shard);
  return {
    kind: 'holdfast-backup',
    format: FORMAT,
    id: plan.backupId,
    host: host.name,
    source: source.name,
    path: source.path,
    level: plan.level,
    parent: plan.parent,
    chain: plan.chain,
    startedAt: new Date(parseBackupId(plan.backupId)?.timeMs ?? parts.startedAtMs).toISOString(),
    scannedAt: new Date(plan.scannedAtMs).toISOString(),
    finishedAt: new Date().toISOString(),
    status: flaws.count === 0 ? 'ok' : 'warning',
    counts: {
      entries: plan.counts.entries - gone.entries,
      files: plan.counts.files - gone.files,
      directories: plan.counts.directories - gone.directories,
      symlinks: plan.counts.symlinks - gone.symlinks,
      others: plan.counts.others - gone.others,
    },
    changed: index.object.lines - index.deleted,
    deleted: index.deleted,
    bytes: {
      source: plan.sourceBytes - finisher.vanishedBytes,
      raw: sum(shards.map(({ rawBytes }) => rawBytes)),
      stored: sum(shards.map(({ sizeBytes }) => sizeBytes)) + index.object.sizeBytes,
    },
    index: index.object,
    shards,
    flaws,
    options: record.options,
    versions: { holdfast: parts.holdfastVersion, tar: plan.tarVersion, compressor: plan.compressor },
    run,
  };
}

/** A socket is no flaw of the backup: its program makes it anew. */
function flawsOf({ record, shards }: ManifestParts): Manifest['flaws'] {
  const told = shards.flatMap(({ flaws }) => flaws).filter(({ verdict }) => verdict !== 'unsupported');
  const { count, first } = record.scanFlaws;
  return { count: count + told.length, first: [...first, ...told.slice(0, FIRST).map(flawedEntry)].slice(0, FIRST) };
}

const flawedEntry = ({ path, verdict, message }: ShardFlaw): FlawedEntry => ({
  path: textOf(path) || '.',
  flaw: verdict,
  message,
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
