import { optionsChange } from '../../core/chain.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { backupId, parseBackupId } from '../../core/ids.js';
import { nextLevel } from '../../core/levels.js';
import type { LevelChoice, NewestBackup } from '../../core/levels.js';
import type { ArchiveOptions, Manifest } from '../../core/manifest.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { PlanArchiveInput } from '../contract.js';
import { checkChainObjects, newestBackup, readChain } from './chain.js';
import type { FetchedIndex } from './read-index.js';
import { fetchIndex } from './read-index.js';

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
  readonly notes: readonly string[];
}

const SMALL_STEP_BACK_MS = 60_000;

/**
 * Decides level and parent of the next backup, and brings the indexes of its chain to `directory`. A link that is missing or damaged, and
 * options that changed, make a level 0 with a note. Throws ClockBehind.
 */
export async function chooseLevel(
  storage: ObjectStorage,
  input: PlanArchiveInput,
  options: ArchiveOptions,
  directory: string,
  signal: AbortSignal,
): Promise<Ground> {
  const { host, source, startedAtMs } = input;
  const newest = await newestBackup(storage, host.name, source.name);
  const timeMs = idTime(newest?.id, startedAtMs, { host: host.name, source: source.name });
  const manifest = newest?.manifest instanceof HoldfastError ? undefined : newest?.manifest;
  const comparable = manifest !== undefined && optionsChange(manifest.options, options) === undefined;
  const ground = (choice: LevelChoice, links: readonly Manifest[], indexes: readonly FetchedIndex[]): Ground => ({
    backupId: backupId(timeMs, choice.level),
    level: choice.level,
    links,
    indexes,
    newest: newest?.id ?? null,
    newestEntries: comparable ? manifest.counts.entries : 0,
    notes: choice.reason === undefined || newest === undefined ? [] : [`A new chain starts: ${choice.reason}.`],
  });

  if (newest?.manifest instanceof HoldfastError) return ground({ level: 0, reason: newest.manifest.message }, [], []);
  const choice = nextLevel(source.levels, summaryOf(manifest), startedAtMs, input.options.full);
  if (choice.level === 0 || manifest === undefined) return ground(choice, [], []);
  const change = optionsChange(manifest.options, options);
  if (change !== undefined) return ground({ level: 0, reason: change }, [], []);
  try {
    const links = await readChain(storage, host.name, source.name, manifest.chain.slice(0, choice.level));
    await checkChainObjects(storage, links);
    const indexes = await Promise.all(links.map((link) => fetchIndex(storage, link, directory, signal)));
    return ground(choice, links, indexes);
  } catch (error) {
    if (!isHoldfastError(error) || !BROKEN.has(error.type)) throw error;
    return ground({ level: 0, reason: error.message }, [], []);
  }
}

const BROKEN: ReadonlySet<string> = new Set(['ChainBroken', 'ObjectMissing', 'ObjectDamaged']);

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
