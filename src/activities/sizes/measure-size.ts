import type { MeasuredSize, SizeFigures } from '../../core/sizes/sizes.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { noteInCatalog } from '../catalog/use-catalog.js';
import type { MeasureSizeInput, MeasureSizeResult } from '../contract.js';
import { mirrorPathsOf } from '../mirror/mirror-paths.js';
import { directoryOf } from '../snapshots/snapshot-paths.js';
import { measureArchives } from './measure-archives.js';
import { measureDirectory } from './measure-directory.js';

/** Measures one target within its time limit, and notes the figures in the catalog at once. */
export async function measureSize(
  providers: Providers,
  control: ActivityControl,
  input: MeasureSizeInput,
): Promise<MeasureSizeResult> {
  const { host, source, kind, name } = input;
  const startedAtMs = Date.now();
  const figures = await measure(providers, control, input);
  if (figures === undefined) return {};
  const size: MeasuredSize = {
    host: host.name,
    source: source.name,
    kind,
    name,
    destination: source.destination.name,
    ...figures,
    measuredAt: new Date(startedAtMs).toISOString(),
    durationMs: Date.now() - startedAtMs,
  };
  await noteInCatalog(providers, control, host.catalog, (catalog) => catalog.recordSize(size));
  return { size };
}

async function measure(
  providers: Providers,
  control: ActivityControl,
  input: MeasureSizeInput,
): Promise<SizeFigures | undefined> {
  const { host, source, kind, name, limitMs } = input;
  switch (kind) {
    case 'archive':
      return measureArchives(providers, control, input);
    case 'mirror':
      // It may be a link to where there is room.
      return measureDirectory(providers, control, {
        path: mirrorPathsOf(host, source).mirror,
        limitMs,
        mayBeLink: true,
      });
    case 'snapshot': {
      const path = directoryOf(mirrorPathsOf(host, source).snapshotFolder, name);
      return measureDirectory(providers, control, { path, limitMs, mayBeLink: false });
    }
  }
}
