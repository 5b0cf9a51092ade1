import { readdir, stat } from 'node:fs/promises';
import type { SizeKind, SizeTarget } from '../../core/sizes/sizes.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { fromCatalog, noteInCatalog } from '../catalog/use-catalog.js';
import type { FindSizesInput, FindSizesResult } from '../contract.js';
import { atDestination, requireDestination } from '../mirror/destination-access.js';
import { mirrorPathsOf } from '../mirror/mirror-paths.js';
import { folderEntry } from '../snapshots/snapshot-paths.js';

const TARGETS_AT_MOST = 1_000;

/** What of a source can be measured. The catalog forgets the figures of what is gone. */
export async function findSizes(
  providers: Providers,
  control: ActivityControl,
  input: FindSizesInput,
): Promise<FindSizesResult> {
  const targets = input.source.engine === 'archive' ? ARCHIVES : await ofMirror(input);
  const { host, source } = input;
  await noteInCatalog(providers, control, host.catalog, (catalog) =>
    catalog.keepSizes({ host: host.name, source: source.name }, targets),
  );
  const gone = await goneKinds(providers, input, targets);
  return {
    targets: targets.slice(0, TARGETS_AT_MOST),
    leftOut: Math.max(0, targets.length - TARGETS_AT_MOST),
    ...(gone.length === 0 ? {} : { gone }),
  };
}

/** Without the catalog nobody can tell; the next scan says it. Copies of the other engine are not looked for, and may be there. */
async function goneKinds(
  providers: Providers,
  { host, source }: FindSizesInput,
  targets: readonly SizeTarget[],
): Promise<SizeKind[]> {
  const there = new Set(targets.map(({ kind }) => kind));
  const place = { host: host.name, source: source.name, destination: source.destination.name };
  try {
    const known = await fromCatalog(providers, host.catalog, ({ history }) => history.sizes([place]));
    return known
      .filter(({ of, count }) => count > 0 && !there.has(of) && (of === 'archive') === (source.engine === 'archive'))
      .map(({ of }) => of);
  } catch {
    return [];
  }
}

const ARCHIVES: readonly SizeTarget[] = [{ kind: 'archive', name: '' }];

async function ofMirror({ host, source }: FindSizesInput): Promise<readonly SizeTarget[]> {
  const place = { host: host.name, source: source.name };
  const { base, mirror, snapshotFolder } = mirrorPathsOf(host, source);
  await requireDestination(base, place);
  return atDestination(base, place, async () => {
    const isThere = await stat(mirror).then(
      (found) => found.isDirectory(),
      (error: unknown) => unlessMissing(error, false),
    );
    const files = await readdir(snapshotFolder).catch((error: unknown) => unlessMissing(error, [] as string[]));
    const snapshots = files.map(folderEntry).flatMap((entry) => (entry.is === 'record' ? [entry.snapshot] : []));
    return [
      ...(isThere ? [{ kind: 'mirror' as const, name: '' }] : []),
      ...snapshots
        .sort()
        .reverse()
        .map((name) => ({ kind: 'snapshot' as const, name })),
    ];
  });
}

function unlessMissing<T>(error: unknown, instead: T): T {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
    return instead;
  throw error;
}
