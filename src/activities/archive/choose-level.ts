import { optionsChange } from '../../core/archive/chain.js';
import { encryptionChange } from '../../core/archive/recipients.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { backupId, parseBackupId } from '../../core/ids.js';
import { nextLevel } from '../../core/archive/levels.js';
import type { LevelChoice, NewestBackup } from '../../core/archive/levels.js';
import type { FileSystemIdentity } from '../../core/scan/file-system-identity.js';
import type { ArchiveOptions, Manifest } from '../../core/archive/manifest.js';
import type { PlanArchiveInput } from '../contract.js';
import { checkChainObjects, newestBackup, newestUsable, readChain } from './chain.js';
import type { Repository } from './open-repository.js';
import type { FetchedIndex } from './read-index.js';
import { fetchIndex } from './read-index.js';
import { reasonNotToBuildOn } from '../verify/damage-notes.js';
import { expectNewest, findRollback } from './rolled-back.js';

/** What a new backup builds on. */
export interface Ground {
  readonly backupId: string;
  readonly level: number;
  /** The backups below it, level 0 first; empty for a new chain. */
  readonly links: readonly Manifest[];
  /** Their indexes, on this machine and checked. */
  readonly indexes: readonly FetchedIndex[];
  /** The source's newest backup, whatever the new one builds on. */
  readonly newest: string | null;
  /** Entries of the newest backup, when it was made with the same options. */
  readonly newestEntries: number;
  /** Where the source lay for the newest backup, when that is known and was made of the same directory. */
  readonly newestFileSystem?: FileSystemIdentity;
  readonly notes: readonly string[];
}

const SMALL_STEP_BACK_MS = 60_000;

/**
 * Decides level and parent of the next backup, and brings the indexes of its chain to `directory`. A link that is missing, damaged or known to be, and
 * options or recipients that changed, make a level 0 with a note. Throws ClockBehind; ManifestUntrusted and RolledBack unless a person has
 * approved.
 */
export async function chooseLevel(
  storage: Repository,
  input: PlanArchiveInput,
  options: ArchiveOptions,
  directory: string,
  signal: AbortSignal,
): Promise<Ground> {
  const { host, source, startedAtMs } = input;
  const place = { host: host.name, source: source.name };
  const newest = await newestBackup(storage, host.name, source.name);
  const manifest = newest?.manifest instanceof HoldfastError ? undefined : newest?.manifest;
  const approved = await approvedDoubts(storage, input, newest, manifest);
  const newestId = isUntrusted(newest?.manifest)
    ? (await newestUsable(storage, host.name, source.name))?.id
    : newest?.id;
  const timeMs = idTime(newestId, startedAtMs, place);
  const comparable = manifest !== undefined && optionsChange(manifest.options, options) === undefined;
  const ground = (choice: LevelChoice, links: readonly Manifest[], indexes: readonly FetchedIndex[]): Ground => ({
    backupId: backupId(timeMs, choice.level),
    level: choice.level,
    links,
    indexes,
    newest: newest?.id ?? null,
    newestEntries: comparable ? manifest.counts.entries : 0,
    ...(manifest?.fileSystem === undefined || manifest.path !== source.path
      ? {}
      : { newestFileSystem: manifest.fileSystem }),
    notes: [
      ...approved,
      ...(choice.reason === undefined || newest === undefined ? [] : [`A new chain starts: ${choice.reason}.`]),
    ],
  });

  if (newest?.manifest instanceof HoldfastError) return ground({ level: 0, reason: newest.manifest.message }, [], []);
  const choice = nextLevel(source.levels, summaryOf(manifest), startedAtMs, input.options.full);
  if (choice.level === 0 || manifest === undefined) return ground(choice, [], []);
  const recipients = (await storage.sealing())?.record;
  const change = optionsChange(manifest.options, options) ?? encryptionChange(manifest.encryption, recipients);
  if (change !== undefined) return ground({ level: 0, reason: change }, [], []);
  const damage = await reasonNotToBuildOn(storage, place, manifest.chain.slice(0, choice.level));
  if (damage !== undefined) return ground({ level: 0, reason: damage }, [], []);
  try {
    const links = await readChain(storage, host.name, source.name, manifest.chain.slice(0, choice.level));
    await checkChainObjects(storage, links);
    const indexes = await Promise.all(links.map((link) => fetchIndex(storage, link, directory, signal)));
    return ground(choice, links, indexes);
  } catch (error) {
    const isApproved = input.options.approve && isUntrusted(error);
    if (!isApproved && !(isHoldfastError(error) && BROKEN.has(error.type))) throw error;
    return ground({ level: 0, reason: error.message }, [], []);
  }
}

const BROKEN: ReadonlySet<string> = new Set(['ChainBroken', 'ObjectMissing', 'ObjectDamaged']);

const isUntrusted = (error: unknown): error is HoldfastError =>
  isHoldfastError(error) && error.type === 'ManifestUntrusted';

/**
 * Doubts about the destination that a person has overruled, as notes; without approval they are thrown. What is found is remembered: from
 * then on it is what the destination must have.
 */
async function approvedDoubts(
  storage: Repository,
  { host, source, options }: PlanArchiveInput,
  newest: Awaited<ReturnType<typeof newestBackup>>,
  manifest: Manifest | undefined,
): Promise<string[]> {
  const found = newest && { id: newest.id, ...(manifest === undefined ? {} : { checksum: manifest.checksum }) };
  const doubt = isUntrusted(newest?.manifest)
    ? newest.manifest
    : await findRollback(storage, host.name, source.name, found);
  if (doubt !== undefined && !options.approve) {
    throw new HoldfastError(doubt.type, doubt.message, { host: host.name, source: source.name }, { cause: doubt });
  }
  if (manifest !== undefined && !options.dryRun) await expectNewest(storage, host.name, source.name, manifest);
  return doubt === undefined ? [] : [`Went on with approval: ${doubt.message}.`];
}

function summaryOf(manifest: Manifest | undefined): NewestBackup | undefined {
  if (manifest === undefined) return undefined;
  return { level: manifest.level, chainStartedAtMs: timeOf(manifest.chain[0] as string) };
}

const timeOf = (id: string): number => parseBackupId(id)?.timeMs ?? 0;

/** Ids of a source rise: a backup in the past would hide newer ones. */
function idTime(newest: string | undefined, startedAtMs: number, place: { host: string; source: string }): number {
  const seconds = Math.floor(startedAtMs / 1000) * 1000;
  if (newest === undefined) return seconds;
  const lastMs = timeOf(newest);
  if (lastMs < seconds) return seconds;
  if (lastMs - startedAtMs < SMALL_STEP_BACK_MS) return lastMs + 1000;
  const message = `the worker’s clock says ${new Date(startedAtMs).toISOString()}, the last backup is ${newest}`;
  throw new HoldfastError('ClockBehind', message, place);
}
