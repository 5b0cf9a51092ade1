import { isHoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { readManifest } from '../archive/chain.js';
import type { Repository } from '../archive/open-repository.js';

/**
 * What is to be said of the backup that this one names as the one before it; undefined when that is there as it was. No damage: this backup needs
 * nothing of it, and a prune takes such links away.
 */
export async function previousNote(storage: Repository, manifest: Manifest): Promise<string | undefined> {
  const { id, host, source, previous } = manifest;
  if (!previous) return undefined;
  const before = await readManifest(storage, host, source, previous.id).catch((error: unknown) => {
    if (isHoldfastError(error) && error.type.startsWith('Manifest')) return 'unusable' as const;
    throw error;
  });
  // Told with that backup itself.
  if (before === 'unusable') return undefined;
  if (before === undefined)
    return `${previous.id}, which came before ${id}, is no longer there: pruned, or taken away.`;
  if (before.checksum === previous.checksum) return undefined;
  return `The manifest of ${previous.id}, which came before ${id}, is not the one that was there then.`;
}
