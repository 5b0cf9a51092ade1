import { textOf } from '../../core/entries/entry.js';
import type { BackupLink, FlawedEntry, Manifest, ManifestContent, StoredObject } from '../../core/archive/manifest.js';
import { FORMAT } from '../../core/archive/manifest.js';
import { addedErrors, type ErrorCounts } from '../../core/errors/error-types.js';
import { errorCountsOfFlaws } from '../../core/errors/flaw-errors.js';
import { parseBackupId } from '../../core/ids.js';
import type { EncryptionRecord } from '../../core/archive/recipients.js';
import type { CommitArchiveInput } from '../contract.js';
import type { PlanRecord } from './plan-record.js';
import type { ShardFlaw, ShardRecord } from './shard-record.js';
import type { StoredExtents } from './store-extent-maps.js';
import type { StoredIndex } from './store-index.js';

export interface ManifestParts extends CommitArchiveInput {
  readonly record: PlanRecord;
  readonly shards: readonly ShardRecord[];
  readonly large: StoredExtents;
  readonly index: StoredIndex;
  readonly holdfastVersion: string;
  readonly encryption: EncryptionRecord | undefined;
  readonly previous: BackupLink | null;
}

const FIRST = 100;

/** The commit record of a backup whose objects are all stored. */
export function composeManifest(parts: ManifestParts): ManifestContent {
  const { host, source, plan, record, index, run, encryption } = parts;
  const flaws = flawsOf(parts);
  const { finisher } = index;
  const gone = finisher.vanished.counts();
  const shards = parts.shards.map(({ shard }) => shard);
  const { extents } = parts.large;
  return {
    kind: 'holdfast-backup',
    format: FORMAT,
    id: plan.backupId,
    host: host.name,
    source: source.name,
    path: source.path,
    ...(plan.fileSystem === undefined ? {} : { fileSystem: plan.fileSystem }),
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
      raw: sum(shards.map(({ rawBytes }) => rawBytes)) + (extents?.rawBytes ?? 0),
      stored: sum([index.object, ...shards, ...(extents?.maps ?? []), ...(extents?.stored ?? [])].map(sizeOf)),
    },
    index: index.object,
    shards,
    ...(extents === undefined ? {} : { extents }),
    // Their names are for those who can read the index.
    flaws: encryption === undefined ? flaws : { count: flaws.count, first: [] },
    options: record.options,
    versions: { holdfast: parts.holdfastVersion, tar: plan.tarVersion, compressor: plan.compressor },
    run,
    ...(encryption === undefined ? {} : { encryption }),
    previous: parts.previous,
  };
}

/** A socket is no flaw of the backup: its program makes it anew. */
export function flawsOf({ record, shards, large }: FlawedParts): Manifest['flaws'] {
  const told = flawsWhileRead({ shards, large });
  const { count, first } = record.scanFlaws;
  return { count: count + told.length, first: [...first, ...told.slice(0, FIRST).map(flawedEntry)].slice(0, FIRST) };
}

/** All of `flawsOf`, by their types. */
export function flawErrorsOf({ record, shards, large }: FlawedParts): ErrorCounts {
  const told = flawsWhileRead({ shards, large });
  const whileRead = errorCountsOfFlaws({ count: told.length, first: told.map(flawedEntry) });
  const ofScan = record.scanFlaws.errorCounts ?? errorCountsOfFlaws(record.scanFlaws);
  return addedErrors(ofScan, whileRead);
}

type FlawedParts = Pick<ManifestParts, 'record' | 'shards' | 'large'>;

function flawsWhileRead({ shards, large }: Pick<ManifestParts, 'shards' | 'large'>): ShardFlaw[] {
  const ofLarge = [...large.flaws.values()];
  const largePaths = new Set(ofLarge.map(({ path }) => path));
  const ofShards = shards.flatMap(({ flaws }) => flaws).filter(({ path }) => !largePaths.has(path));
  return [...ofShards, ...ofLarge].filter(({ verdict }) => verdict !== 'unsupported');
}

const flawedEntry = ({ path, verdict, message }: ShardFlaw): FlawedEntry => ({
  path: textOf(path) || '.',
  flaw: verdict,
  message,
});

const sizeOf = ({ sizeBytes }: StoredObject): number => sizeBytes;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
