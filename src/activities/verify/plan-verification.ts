import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { manifestKey, readRoundKey, readRoundPrefix } from '../../core/archive/manifest-keys.js';
import type { Repository } from '../archive/open-repository.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { listBackupIds, readManifest } from '../archive/chain.js';
import { withStorage } from '../archive/with-storage.js';
import type { PlanVerificationInput, PlanVerificationResult, RunIdentity } from '../contract.js';
import { clearDamage, readDamage } from './damage-records.js';
import { readRecords } from './source-records.js';

const MOST = 2_000;

/** Finds the backups to verify. Throws BackupNotFound when there is none, or not the one asked for. */
export async function planVerification(
  providers: Providers,
  control: ActivityControl,
  { host, source, which, readPercent, run }: PlanVerificationInput,
): Promise<PlanVerificationResult> {
  const of = { host: host.name, source: source.name };
  return withStorage(providers, source.destination, async (storage) => {
    const ids = await listBackupIds(storage, of.host, of.source);
    await forgetVanished({ storage, ...of }).catch((error: unknown) => {
      control.log('warn', 'records of damage in backups that are gone stay', { error: String(error) });
    });
    const backups = await chosen({ storage, ...of, ids }, which);
    const round = readPercent > 0 && readPercent < 100 ? await nextRound(storage, of, run, control) : 0;
    return { backups: backups.slice(-MOST), leftOut: Math.max(0, backups.length - MOST), round };
  });
}

/** One source's ids, unfinished backups' among them, and which are backups: a damaged manifest is one too. */
interface Backups {
  readonly storage: Repository;
  readonly host: string;
  readonly source: string;
  readonly ids: readonly string[];
}

const exists = async ({ storage, host, source }: Omit<Backups, 'ids'>, id: string): Promise<boolean> =>
  (await storage.size(manifestKey(host, source, id))) !== undefined;

async function chosen(backups: Backups, which: PlanVerificationInput['which']): Promise<readonly string[]> {
  if ('all' in which) return orNotFound(backups, await existing(backups));
  if ('latest' in which) return orNotFound(backups, await latestChain(backups));
  if (await exists(backups, which.backupId)) return (await chainOf(backups, which.backupId)) ?? [which.backupId];
  throw notFound(backups, `no backup ${which.backupId}`);
}

function orNotFound(backups: Backups, found: readonly string[]): readonly string[] {
  if (found.length === 0) throw notFound(backups, 'no backups');
  return found;
}

const notFound = ({ storage, host, source }: Backups, what: string): HoldfastError =>
  new HoldfastError('BackupNotFound', `${host}/${source} in ${storage.location} has ${what}`, { host, source });

async function existing(backups: Backups): Promise<string[]> {
  const found: string[] = [];
  for (const id of backups.ids) if (await exists(backups, id)) found.push(id);
  return found;
}

/** Of newest backups whose manifests cannot be read there may be several: then also the newest chain that can. */
async function latestChain(backups: Backups): Promise<readonly string[]> {
  const unreadable: string[] = [];
  for (const id of [...backups.ids].reverse()) {
    if (!(await exists(backups, id))) continue;
    const chain = await chainOf(backups, id);
    if (chain !== undefined) return [...chain, ...unreadable.reverse()];
    unreadable.push(id);
  }
  return unreadable.reverse();
}

/** Of a backup's chain the links that there are: what is missing is found where it is needed. Undefined when its manifest cannot be read. */
async function chainOf(backups: Backups, id: string): Promise<readonly string[] | undefined> {
  const { storage, host, source, ids } = backups;
  try {
    const manifest = await readManifest(storage, host, source, id);
    return manifest && ids.filter((other) => manifest.chain.includes(other));
  } catch (error) {
    if (isHoldfastError(error) && error.type.startsWith('Manifest')) return undefined;
    throw error;
  }
}

/** A backup that is gone is not damaged any more; what needs it is found out by its own verification. */
async function forgetVanished(of: Omit<Backups, 'ids'>): Promise<void> {
  const { storage, host, source } = of;
  for (const id of (await readDamage(storage, host, source)).keys()) {
    if (!(await exists(of, id))) await clearDamage(storage, host, source, id);
  }
}

/**
 * Counts the rounds of reading a share of a source: each leaves a record of its own, so that nothing has to be overwritten or removed to count on.
 * An attempt that is repeated finds its own.
 */
async function nextRound(
  storage: Repository,
  { host, source }: { readonly host: string; readonly source: string },
  run: RunIdentity,
  control: ActivityControl,
): Promise<number> {
  const prefix = readRoundPrefix(host, source);
  const rounds = await readRecords<{ readonly run: RunIdentity }>(storage, prefix);
  const numbers = [...rounds.keys()].map(Number).filter(Number.isSafeInteger);
  const own = numbers.find((number) => rounds.get(String(number))?.run.runId === run.runId);
  if (own !== undefined) return own;
  const last = Math.max(-1, ...numbers);
  let next = last + 1;
  const record = (): Buffer => Buffer.from(JSON.stringify({ at: new Date().toISOString(), run }));
  while (!(await storage.putIfAbsent(readRoundKey(host, source, next), record()))) next += 1;
  const older = numbers.filter((number) => number < last).map((number) => readRoundKey(host, source, number));
  await storage.remove(older).catch((error: unknown) => {
    control.log('warn', 'old records of verifications stay', { error: String(error) });
  });
  return next;
}
