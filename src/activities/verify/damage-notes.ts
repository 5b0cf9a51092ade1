import { damageOfPoint, type DamageRecord } from '../../core/verify/damage.js';
import { HoldfastError, isHoldfastError } from '../../core/failures.js';
import { listBackupIds } from '../archive/chain.js';
import type { Repository } from '../archive/open-repository.js';
import { readDamage } from './damage-records.js';

const NAMED = 5;

/** Why nothing is to be built on a point: what a verification has on record of it; undefined when it has nothing. */
export async function reasonNotToBuildOn(
  storage: Repository,
  of: { readonly host: string; readonly source: string },
  chain: readonly string[],
): Promise<string | undefined> {
  const record = damageOfPoint(chain, await readDamage(storage, of.host, of.source));
  if (record === undefined) return undefined;
  const [object] = record.objects.first;
  return `a verification found ${record.backupId} damaged: ${object?.name ?? ''}: ${object?.problem ?? ''}`;
}

/** What is on record as damaged of a point that is to be restored, and what can still be had; for people. */
export async function damageNotes(
  storage: Repository,
  of: { readonly host: string; readonly source: string },
  chain: readonly string[],
): Promise<string[]> {
  const records = await readDamage(storage, of.host, of.source);
  const record = damageOfPoint(chain, records);
  if (record === undefined) return [];
  const point = chain.at(-1) ?? '';
  const files = record.files.first.filter(({ backups }) => backups.includes(point)).map(({ path }) => path);
  const lost =
    files.length === 0
      ? 'It may not be restorable as a whole'
      : `Of this point ${files.slice(0, NAMED).join(', ')}${files.length > NAMED ? ` and ${files.length - NAMED} more` : ''} cannot be had; everything else can, named with --include`;
  return [
    `Backup ${record.backupId} is known to be damaged since ${record.foundAt}. ${lost}. ${await others(storage, of, records)}`,
  ];
}

/** A restore's failure for damage, with what can still be had. Other failures are given back as they are. */
export async function withWhatIsLeft(
  storage: Repository,
  of: { readonly host: string; readonly source: string },
  error: unknown,
): Promise<unknown> {
  if (!isHoldfastError(error) || !DAMAGE.has(error.type)) return error;
  const records = await readDamage(storage, of.host, of.source).catch(() => new Map<string, DamageRecord>());
  const left =
    records.size === 0
      ? `\`holdfast verify ${of.host} --source ${of.source} --all\` says which files and points in time it touches`
      : await others(storage, of, records).catch(() => '');
  return new HoldfastError(error.type, `${error.message}. ${left}`, error.place, { cause: error });
}

const DAMAGE: ReadonlySet<string> = new Set(['ObjectMissing', 'ObjectDamaged', 'ChainBroken', 'ManifestDamaged']);

async function others(
  storage: Repository,
  { host, source }: { readonly host: string; readonly source: string },
  records: ReadonlyMap<string, DamageRecord>,
): Promise<string> {
  const touched = new Set([...records.values()].flatMap(({ touches }) => touches));
  const whole = (await listBackupIds(storage, host, source)).filter((id) => !touched.has(id)).slice(-NAMED);
  return whole.length === 0 ? 'No other point is known to be whole' : `Not touched: ${whole.reverse().join(', ')}`;
}
