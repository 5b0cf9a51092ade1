import { comparePaths } from '../../core/entry.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { withPoint } from './browsed-point.js';
import type { SearchEnd, SourceSearch } from './find-files.js';
import { attributesOf } from './list-files.js';

/** What a mirror has now: the one version of each file that it knows. */
export async function mirrorVersions(
  providers: Providers,
  control: ActivityControl,
  { host, source, matches, after, access, page }: SourceSearch,
): Promise<SearchEnd> {
  const point = { latest: true } as const;
  return withPoint(providers, control, { host, source, point, access }, async (mirror) => {
    for await (const batch of mirror.entries()) {
      for (const { entry } of batch) {
        const { path } = entry;
        if (!matches(path, entry.type === 'd') || (after !== undefined && comparePaths(path, after) <= 0)) continue;
        if (page.full) return { done: false, path: lastPathOf(page.items, host.name, source.name) };
        const { backupId } = mirror;
        const place = { host: host.name, source: source.name, path, backupId };
        page.add({ ...place, change: 'present', attributes: attributesOf(entry) });
      }
    }
    return { done: true };
  });
}

/** '' when the page was full before this source began. */
export function lastPathOf(
  told: readonly { readonly host: string; readonly source: string; readonly path: string }[],
  host: string,
  source: string,
): string {
  const last = told.at(-1);
  return last?.host === host && last.source === source ? last.path : '';
}
