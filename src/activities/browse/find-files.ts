import { loadCachedConfig } from '../../config/cache.js';
import { selectHosts } from '../../config/selection.js';
import { failureOf, type Failure } from '../../core/failures.js';
import { compileRules } from '../../core/filters/filters.js';
import type { HostPlan, SourcePlan } from '../../core/plan.js';
import { ResultPage } from '../../core/browse/result-page.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { FileVersion, FindFilesInput, FindFilesResult, ReadAccess } from '../contract.js';
import { archiveVersions } from './archive-versions.js';
import { mirrorVersions } from './mirror-versions.js';

/** A search within one source, for a page that still has room. */
export interface SourceSearch {
  readonly host: HostPlan;
  readonly source: SourcePlan;
  /** Whether a path (a byte string) is one that is looked for. */
  readonly matches: (path: string, isDirectory: boolean) => boolean;
  /** Only paths after this one. */
  readonly after: string | undefined;
  readonly access: ReadAccess;
  readonly page: ResultPage<FileVersion>;
  readonly failures: Failure[];
}

/** Whether all of a source was told; else the last path that was. */
export type SearchEnd = { readonly done: true } | { readonly done: false; readonly path: string };

/** A page of the versions of all files that match, over the sources and all their backups. What cannot be read is told, and hides nothing else. */
export async function findFiles(
  providers: Providers,
  control: ActivityControl,
  { configPath, selection, pattern, after, ...access }: FindFilesInput,
): Promise<FindFilesResult> {
  const { hosts } = await loadCachedConfig(configPath);
  const sources = selectHosts(hosts, selection).flatMap((host) => host.sources.map((source) => ({ host, source })));
  const rules = compileRules([pattern], 'include');
  const matches = (path: string, isDirectory: boolean): boolean => rules.decision(path, isDirectory) === 'include';
  const page = new ResultPage<FileVersion>();
  const failures: Failure[] = [];
  const answer = (): FindFilesResult => ({ versions: page.items, failures });
  for (const [number, { host, source }] of sources.entries()) {
    if (number < (after?.source ?? 0)) continue;
    if (page.full) return { ...answer(), next: { source: number, path: '' } };
    control.progress({ host: host.name, source: source.name });
    const from = number === after?.source && after.path !== '' ? after.path : undefined;
    const search = { host, source, matches, after: from, access, page, failures };
    const end = await searchSource(providers, control, search);
    if (!end.done) return { ...answer(), next: { source: number, path: end.path } };
  }
  return answer();
}

async function searchSource(providers: Providers, control: ActivityControl, search: SourceSearch): Promise<SearchEnd> {
  try {
    switch (search.source.engine) {
      case 'archive':
        return await archiveVersions(providers, control, search);
      case 'mirror':
        return await mirrorVersions(providers, control, search);
    }
  } catch (error) {
    control.signal.throwIfAborted();
    search.failures.push(failureOf(error, { host: search.host.name, source: search.source.name }));
    return { done: true };
  }
}
