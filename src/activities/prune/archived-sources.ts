import { loadCachedConfig } from '../../config/cache.js';
import { selectHosts } from '../../config/selection.js';
import { HoldfastError } from '../../core/failures.js';
import type { SourcePlan } from '../../core/plan.js';
import type { PruneSelection } from '../contract.js';

export interface ArchivedSource {
  readonly host: string;
  readonly source: SourcePlan;
}

/** The selected sources that are archives, in the configuration's order. Mirrors have no backups to prune. */
export async function archivedSources({ configPath, selection }: PruneSelection): Promise<ArchivedSource[]> {
  const { hosts } = await loadCachedConfig(configPath);
  return selectHosts(hosts, selection).flatMap(({ name, sources }) =>
    sources.filter(({ engine }) => engine === 'archive').map((source) => ({ host: name, source })),
  );
}

/** One of them; SourceNotInConfig when it is none. */
export async function archivedSource(of: {
  configPath: string;
  host: string;
  source: string;
}): Promise<ArchivedSource> {
  const selection = { hosts: [of.host], sources: [of.source], tags: [] };
  const [found] = await archivedSources({ configPath: of.configPath, selection });
  if (found !== undefined) return found;
  throw new HoldfastError(
    'SourceNotInConfig',
    `${of.host}:${of.source} is a mirror; only archives have backups of their own.`,
  );
}
