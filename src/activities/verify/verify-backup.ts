import { misfit, objectsOf } from '../../core/archive/chain.js';
import { addDamage, type DamagedObject, type FoundDamage, NO_DAMAGE } from '../../core/verify/damage.js';
import { isHoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { backupPrefix, MANIFEST_NAME, manifestKey } from '../../core/archive/manifest-keys.js';
import { mergeIndexes } from '../../core/archive/merge-index.js';
import { IndexCheck, TreeCheck } from '../../core/verify/index.js';
import type { FindingList } from '../../core/verify/findings.js';
import type { Repository } from '../archive/open-repository.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { readManifest } from '../archive/chain.js';
import { type FetchedIndex, fetchIndex, readIndexLines } from '../archive/read-index.js';
import { withSpool } from '../archive/spool.js';
import type { VerifyBackupInput, VerifyBackupResult } from '../contract.js';
import { dueBatches } from './data-batches.js';
import { previousNote } from './previous-link.js';
import { withRepository } from './with-repository.js';

/** So many problems of one kind are named; what has more is damaged as a whole. */
const NAMED = 20;

/**
 * Checks the structure of one backup: its manifest, the chain below it, its objects by name and size, its index, and the tree that the chain's indexes make.
 * What is wrong is told; only what keeps it from looking is thrown.
 */
export async function verifyBackup(
  providers: Providers,
  control: ActivityControl,
  input: VerifyBackupInput,
): Promise<VerifyBackupResult> {
  const { host, source, backupId } = input;
  return withRepository(providers, input, (storage) =>
    withSpool(providers, async (directory) => {
      const found = await inspect({ storage, control, host: host.name, source: source.name, directory }, backupId);
      // A backup that was pruned meanwhile was whole while it was there.
      if (found.damage.count > 0 && (await storage.size(manifestKey(host.name, source.name, backupId))) === undefined) {
        return { state: 'gone', damage: NO_DAMAGE, objects: 0, batches: 0, wasDamaged: false };
      }
      const due = await dueBatches(storage, input, found.manifest);
      const note = found.manifest && (await previousNote(storage, found.manifest));
      return {
        state: 'checked',
        damage: found.damage,
        objects: found.manifest === undefined ? 0 : objectsOf(found.manifest).length,
        batches: due.batches.length,
        wasDamaged: due.wasDamaged,
        ...(note === undefined ? {} : { previousNote: note }),
      };
    }),
  );
}

interface Inspection {
  readonly storage: Repository;
  readonly control: ActivityControl;
  readonly host: string;
  readonly source: string;
  readonly directory: string;
}

interface Inspected {
  readonly manifest?: Manifest;
  readonly damage: FoundDamage;
}

async function inspect(inspection: Inspection, id: string): Promise<Inspected> {
  const { storage, control, host, source } = inspection;
  control.progress({ backup: id, step: 'manifest' });
  const manifest = await told(() => readManifest(storage, host, source, id), MANIFEST_NAME);
  if ('problem' in manifest) return { damage: damageOf([manifest], true) };
  if (manifest.value === undefined)
    return { damage: damageOf([{ name: MANIFEST_NAME, problem: 'it is missing' }], true) };
  const chain = await inspectChain(inspection, manifest.value);
  control.progress({ backup: id, step: 'objects' });
  const objects = await inspectObjects(storage, manifest.value);
  control.progress({ backup: id, step: 'index' });
  const indexIsThere = !objects.some(({ name }) => name === manifest.value?.index.name);
  const links = chain.problems.length === 0 ? chain.links : [];
  const index = indexIsThere ? await inspectIndexes(inspection, manifest.value, links) : [];
  const whole = chain.problems.length > 0 || index.length > 0 || !indexIsThere;
  return {
    manifest: manifest.value,
    damage: addDamage(damageOf(objects, false), damageOf([...chain.problems, ...index], whole)),
  };
}

const damageOf = (objects: readonly DamagedObject[], whole: boolean): FoundDamage =>
  addDamage(NO_DAMAGE, { whole: whole && objects.length > 0, count: objects.length, first: objects });

/** The result of a look, or what is wrong with the object looked at; other failures are thrown. */
async function told<T>(look: () => Promise<T>, name: string): Promise<{ readonly value: T } | DamagedObject> {
  try {
    return { value: await look() };
  } catch (error) {
    if (!isHoldfastError(error) || !IS_DAMAGE.has(error.type)) throw error;
    return { name, problem: error.message };
  }
}

export const IS_DAMAGE: ReadonlySet<string> = new Set([
  'ManifestDamaged',
  'ManifestUntrusted',
  'ObjectMissing',
  'ObjectDamaged',
  'ChainBroken',
]);

/** The links below a backup, level 0 first, and what is wrong with them or with how they fit. */
async function inspectChain(
  { storage, host, source }: Inspection,
  manifest: Manifest,
): Promise<{ readonly links: readonly Manifest[]; readonly problems: readonly DamagedObject[] }> {
  const links: Manifest[] = [];
  const problems: DamagedObject[] = [];
  for (const [position, id] of manifest.chain.entries()) {
    const name = id === manifest.id ? MANIFEST_NAME : `../${id}/${MANIFEST_NAME}`;
    const link =
      id === manifest.id ? { value: manifest } : await told(() => readManifest(storage, host, source, id), name);
    if ('problem' in link) problems.push(link);
    else if (link.value === undefined)
      problems.push({ name, problem: `it builds on ${id}, whose manifest is missing` });
    else {
      const problem = misfit(link.value, manifest.chain, position);
      if (problem !== undefined) problems.push({ name, problem: `${id} does not fit into the chain: ${problem}` });
      links.push(link.value);
    }
  }
  return { links, problems };
}

/** Presence and size of everything that the manifest names. */
async function inspectObjects(storage: Repository, manifest: Manifest): Promise<DamagedObject[]> {
  const prefix = backupPrefix(manifest.host, manifest.source, manifest.id);
  const sizes = new Map<string, number>();
  for await (const { key, sizeBytes } of storage.listAll(prefix)) sizes.set(key.slice(prefix.length), sizeBytes);
  return objectsOf(manifest).flatMap(({ name, sizeBytes }) => {
    const size = sizes.get(name);
    if (size === sizeBytes) return [];
    return [{ name, problem: size === undefined ? 'it is missing' : `it has ${size} bytes, not ${sizeBytes}` }];
  });
}

/** The backup's own index line by line, then the tree that it makes with those below it. */
async function inspectIndexes(
  inspection: Inspection,
  manifest: Manifest,
  links: readonly Manifest[],
): Promise<DamagedObject[]> {
  const { storage, control, directory } = inspection;
  const { name } = manifest.index;
  const own = await told(() => checkIndex(inspection, manifest), name);
  if ('problem' in own) return [own];
  if (own.value.length > 0) return own.value;
  const tree = new TreeCheck(manifest);
  const merged = await told(async () => {
    const indexes: FetchedIndex[] = [];
    for (const link of links) indexes.push(await fetchIndex(storage, link, directory, control.signal));
    for await (const batch of mergeIndexes(indexes.map((index) => readIndexLines(index, control.signal)))) {
      for (const living of batch) tree.see(living);
    }
    tree.end();
  }, name);
  // An index below that cannot be read is the damage of its own backup, but this one cannot be restored without it.
  if ('problem' in merged)
    return [{ name, problem: `the indexes that it builds on cannot be read: ${merged.problem}` }];
  return links.length === 0 ? [] : problemsOf(tree.problems, name);
}

async function checkIndex({ storage, control, directory }: Inspection, manifest: Manifest): Promise<DamagedObject[]> {
  const check = new IndexCheck(manifest);
  const index = await fetchIndex(storage, manifest, directory, control.signal);
  for await (const batch of readIndexLines(index, control.signal)) for (const line of batch) check.see(line);
  check.end();
  return problemsOf(check.problems, manifest.index.name);
}

function problemsOf(problems: FindingList, name: string): DamagedObject[] {
  const first = problems.first.slice(0, NAMED).map((problem) => ({ name, problem }));
  const more = problems.count - first.length;
  return more > 0 ? [...first, { name, problem: `and ${more} more problems` }] : first;
}
